"""What can go wrong while comparing images: a stable code, a sentence, and whether trying again helps."""


class SimilarityError(Exception):
    """``permanent`` errors are the picture's or the operator's to mend; others may pass by themselves.

    ``field`` names the part of the request at fault, empty when it is none of them. ``note`` is for the
    operator only: paths of this machine, the words of a library.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True, field: str = "", note: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
        self.field = field
        self.note = note
        if note:
            self.add_note(note)  # tracebacks show it, and so does the log

    @property
    def for_operator(self) -> str:
        """The sentence with what only the operator may read."""
        return f"{self.message} {self.note}".strip()
