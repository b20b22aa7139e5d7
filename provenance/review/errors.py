"""What can go wrong at the reviewer's desk."""


class ReviewError(Exception):
    """A decision that cannot be taken, with a stable code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
