"""Who may decide leaves an event when they come in; everybody else does not."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from provenance.ledger.models import Event

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("address", ["/sign-in/", "/admin/login/"])
def test_a_reviewer_who_signs_in_is_noted(client: Client, reviewer: User, address: str) -> None:
    User.objects.filter(pk=reviewer.pk).update(is_staff=True)
    client.post(address, {"username": "rita", "password": "wrong"})
    assert Event.objects.count() == 0
    response = client.post(address, {"username": "rita", "password": PASSWORD})
    assert response.status_code == 302
    event = Event.objects.get()
    assert (event.kind, event.payload["administrator"]) == ("desk.signed_in", False)
    assert (event.personal.get().value, event.personal.get().person) == ("rita", reviewer)
    client.get(address)
    assert Event.objects.count() == 1


def test_others_are_not(client: Client, creator: User) -> None:
    assert client.post("/sign-in/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert Event.objects.count() == 0
