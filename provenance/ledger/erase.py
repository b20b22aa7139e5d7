"""Forget a person: what the ledger knows of them by name, and their account."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from provenance.ledger.append import append
from provenance.ledger.commitments import ACTOR
from provenance.ledger.errors import LedgerError
from provenance.ledger.models import PersonalValue


@dataclass(frozen=True, kw_only=True)
class Erased:
    """``values`` personal values of the ledger are gone; the account is now called ``alias``."""

    values: int
    alias: str


def erase_person(username: str) -> Erased:
    """Erase the person called *username*, in one transaction.

    Gone for good: the values and salts behind every commitment that is about them, their name, e-mail
    address, password, sign-ins and API tokens, and what ``settings.PERSON_FORGETTERS`` know of them. Kept:
    works and signed files (others rely on them, and a file's credential names no account), the account's row,
    emptied and closed, that owns them, and the chain itself, which only holds commitments that nobody can open
    any more.

    Raises :class:`LedgerError` ``no_such_person``.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise LedgerError("no_such_person", _("Nobody here is called “%(name)s”.") % {"name": username})
        # Words of somebody whose account was made after, or anew, lie under the name alone.
        nameless = PersonalValue.objects.filter(person=None, name=ACTOR, value=username)
        theirs = Q(person=user) | Q(person=None, event__in=list(nameless.values_list("event", flat=True)))
        values, _rows = PersonalValue.objects.filter(theirs).delete()
        for forget in settings.PERSON_FORGETTERS:  # while the account has its name
            import_string(forget)(user)
        alias = f"erased-{secrets.token_hex(6)}"
        user.username, user.first_name, user.last_name, user.email = alias, "", "", ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save()
        user.groups.clear()
        user.user_permissions.clear()
        _close_doors(user)
        append(key=f"person-erased:{alias}", kind="person.erased", subject=alias, payload={"values": values})
    return Erased(values=values, alias=alias)


def _close_doors(user: User) -> None:
    from django.contrib.admin.models import LogEntry
    from rest_framework.authtoken.models import Token

    Token.objects.filter(user=user).delete()
    # What the admin wrote down of somebody may name them: it is no evidence, the ledger is.
    LogEntry.objects.filter(user=user).delete()
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
