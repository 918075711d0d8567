"""What a parser says when a value cannot be read."""


class Refused(ValueError):
    """A value that cannot be used; `text` says in one sentence why, and what would do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
