"""Who works here: log-in, second factor, and the confirmation that a grave step asks for."""
