"""What can go wrong while signing or reading credentials."""


class CredentialError(Exception):
    """A stable ``code``, a sentence, and whether trying again helps.

    ``permanent`` errors are the operator's or the story's to mend; others (a timestamp authority
    that does not answer) may pass by themselves.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent
