"""Alive is one question, ready another."""

from typing import Any

import pytest
from django.test import Client

from config import health


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_names_the_part_that_is_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("secret path /etc/keys")

    monkeypatch.setattr(health, "PROBES", {"database": health._database, "signer": broken})
    answer = client.get("/readyz")
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 503
    assert (body["parts"]["database"]["status"], body["parts"]["signer"]) == (
        "ok",
        {"status": "failed", "code": "unavailable"},
    )
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_readyz_is_ready_when_every_part_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBES", {"database": health._database})
    assert client.get("/readyz").status_code == 200
