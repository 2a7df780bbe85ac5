"""What the public sees of the watch, and later says to it."""
