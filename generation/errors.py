"""What can go wrong while making images: a stable code, a sentence, and whether trying again helps."""


class GenerationError(Exception):
    """``permanent`` errors end a job at once; others are retried with back-off, up to a limit."""

    def __init__(self, code: str, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent


class Cancelled(Exception):
    """The person asked to stop; raised between steps and never shown as an error."""
