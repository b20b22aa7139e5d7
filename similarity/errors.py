"""What can go wrong while comparing images: a stable code, a sentence, and whether trying again helps."""


class SimilarityError(Exception):
    """``permanent`` errors are the picture's or the operator's to mend; others may pass by themselves.

    ``field`` names the part of the request at fault, empty when it is none of them.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
        self.field = field
