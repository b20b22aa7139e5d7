"""What can go wrong with claims, and with what follows from them."""


class ArtistError(Exception):
    """A stable ``code`` and a sentence; ``field`` names the input at fault, if one is."""

    permanent = True

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
