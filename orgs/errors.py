"""What an action says when it refuses."""


class ActionError(Exception):
    """A refusal in words a customer can read.

    `field` names the form field it concerns, `code` lets callers tell refusals apart without
    comparing sentences. Raised inside the action's transaction, so nothing of it remains.
    """

    def __init__(self, text: str, field: str | None = None, *, code: str = "") -> None:
        super().__init__(str(text))
        self.text = str(text)
        self.field = field
        self.code = code
