"""What can go wrong with the ledger."""

from django.utils.translation import gettext as _


class LedgerError(Exception):
    """Something the ledger refuses, with a stable code."""

    permanent = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def broken(sequence: int) -> LedgerError:
    return LedgerError(
        "ledger_broken",
        _("The ledger does not hold at event %(sequence)s, so it is not signed. Run “manage.py ledger verify”.")
        % {"sequence": sequence},
    )
