"""What a rule is refused for, in words. Pure."""


class RuleError(ValueError):
    """A rule that cannot be used, said so that the person who wrote it can mend it.

    `reason` is a constant English sentence (a msgid for the doors); `detail` is where, and what stands there;
    `position` is the place in a query, in characters from 0.
    """

    def __init__(self, reason: str, detail: str, *, position: int | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.position = position

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"
