"""What can go wrong with a report: a stable code and a sentence."""


class ReportError(Exception):
    """Nothing here passes by itself: the asker, the file or the operator's settings must change first."""

    permanent = True

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
