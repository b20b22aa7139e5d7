"""What can go wrong with the ledger."""


class LedgerError(Exception):
    """Something the ledger refuses, with a stable code."""

    permanent = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
