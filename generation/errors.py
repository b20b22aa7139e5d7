"""What can go wrong while making images: a stable code, a sentence, and whether trying again helps."""


class GenerationError(Exception):
    """``permanent`` errors end a job at once; others are retried with back-off, up to a limit.

    ``field`` names the part of the request at fault, empty when it is none of them; ``rewrite`` is a prompt
    that could be asked for instead, where one is known.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True, field: str = "", rewrite: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
        self.field = field
        self.rewrite = rewrite


class Cancelled(Exception):
    """Nobody waits for the pictures any more; raised between steps and never shown as an error."""
