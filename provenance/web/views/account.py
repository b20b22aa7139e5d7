"""A person's account: who is signed in, the password, how much is stored, and the key for programs."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.authtoken.models import Token

from generation.stored_files import used_by
from provenance.web.requests import SignedInRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """POST ``action=renew`` makes a new key (the old one stops working), ``action=revoke`` removes it.

    A new key is shown in the answer to that request and never again.
    """
    own = Token.objects.filter(user_id=request.user.pk)
    new_key = ""
    action = request.POST.get("action")
    if action in ("renew", "revoke"):
        with transaction.atomic():
            # Two clicks at once take turns, or both would find no key and make one.
            get_user_model().objects.select_for_update().get(pk=request.user.pk)
            own.delete()
            if action == "renew":
                new_key = Token.objects.create(user_id=request.user.pk).key
    if request.method == "POST" and not new_key:
        return redirect("web:account")
    used, limit = used_by(request.user.pk), settings.ACCOUNT_BYTES
    room = {"used": used, "limit": limit, "left": max(0, limit - used)}
    return render(request, "web/account.html", {"token": own.first(), "new_key": new_key, "room": room})
