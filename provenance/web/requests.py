"""What ``login_required`` promises about a request, for the type checker."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SignedInRequest(HttpRequest):
    """Never made: only a name for requests that have passed the sign-in check."""

    user: "User"
