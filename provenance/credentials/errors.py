"""What can go wrong while signing or reading credentials."""


class CredentialError(Exception):
    """A stable ``code``, a sentence, and whether trying again helps.

    ``permanent`` errors are the operator's or the story's to mend; others (a timestamp authority
    that does not answer) may pass by themselves. ``note`` is for the operator only: paths of this
    machine, addresses, the words of a library.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True, note: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
        self.note = note
        if note:
            self.add_note(note)  # tracebacks show it, and so does the log

    @property
    def for_operator(self) -> str:
        """The sentence with what only the operator may read."""
        return f"{self.message} {self.note}".strip()
