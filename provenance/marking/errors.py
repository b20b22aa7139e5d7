"""What can go wrong while writing marks."""


class MarkingError(Exception):
    """A stable ``code`` and a sentence. Always permanent: the same bytes fail the same way again."""

    permanent = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
