"""Note in the ledger when somebody who may decide cases, or run the admin, signs in."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from provenance.ledger.append import append


def noting(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A sign-in view (Django's or the admin's) that leaves an event when it lets a reviewer in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before = request.user.pk
        answer = view(request, *args, **kwargs)
        user = request.user
        if user.is_authenticated and user.pk != before and (user.is_staff or user.has_perm("review.decide_case")):
            door = request.resolver_match.view_name if request.resolver_match else ""
            with transaction.atomic():
                append(
                    key=f"desk-sign-in:{uuid.uuid4()}",
                    kind="desk.signed_in",
                    subject="desk",
                    actor=user,
                    payload={"door": door or "admin", "administrator": user.is_superuser},
                )
        return answer

    return wrapped
