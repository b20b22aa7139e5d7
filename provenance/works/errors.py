"""What can go wrong on the way from a rendered image to a published version."""


class WorkError(Exception):
    """``permanent`` errors end a version at once; others are retried with back-off, up to a limit."""

    def __init__(self, code: str, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
