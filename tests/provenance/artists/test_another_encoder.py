"""After the operator chose another encoder, a work is seen by it as soon as its artist gives the file again."""

import json
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from provenance.artists.enrol import Became, enrol_work
from provenance.artists.models import Claim, Enrolment
from provenance.ledger.models import Event
from similarity.encoder import Encoder, load_encoder
from similarity.models import Artist, Embedding, Reference, VectorChange
from similarity.without_vector import without_vector
from tests.similarity.conftest import encoded, painting, write_tiny


@pytest.fixture(scope="session")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("encoder") / "other-style", seed=7)


@pytest.fixture
def two(creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder) -> list[bytes]:
    """Two works, enrolled with the first encoder."""
    claim_of()
    files = [encoded(painting(seed)) for seed in (1, 2)]
    for data in files:
        enrol_work(data, artist=monet, by=creator, stated=True, title="Boats")
    return files


@pytest.fixture
def other(two: list[bytes], settings: Settings, other_folder: Path) -> Encoder:
    settings.ENCODER = f"local-dir:{other_folder}"
    return load_encoder(settings.ENCODER)


def test_the_same_file_again_adds_the_vector_once(
    creator: User, monet: Artist, two: list[bytes], tiny: Encoder, other: Encoder
) -> None:
    assert without_vector(Reference.objects.all()) == 2
    before = Enrolment.objects.count()

    became = [enrol_work(two[0], artist=monet, by=creator, stated=True)[1] for _time in range(3)]

    assert became == [Became.VECTOR_ADDED, Became.PRESENT, Became.PRESENT]
    work = Enrolment.objects.earliest("created_at").reference
    assert work is not None
    assert sorted(work.embeddings.values_list("encoder", flat=True)) == sorted([tiny.fingerprint, other.fingerprint])
    assert (work.title, Reference.objects.count(), Enrolment.objects.count()) == ("Boats", 2, before)
    assert Event.objects.filter(kind="artist.enrolled").count() == 2
    assert bytes(VectorChange.objects.get(encoder=other.fingerprint).added) == work.pk.bytes
    assert without_vector(Reference.objects.all()) == 1


def test_a_work_that_is_leaving_gets_none(creator: User, monet: Artist, two: list[bytes], other: Encoder) -> None:
    from django.utils import timezone

    from similarity.errors import SimilarityError

    Reference.objects.update(leaving_since=timezone.now())
    with pytest.raises(SimilarityError) as refused:
        enrol_work(two[0], artist=monet, by=creator, stated=True)
    assert refused.value.code == "work_is_leaving"
    assert not Embedding.objects.filter(encoder=other.fingerprint).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_add_one(creator: User, monet: Artist, two: list[bytes], other: Encoder) -> None:
    start = threading.Barrier(2)
    became: list[object] = []

    def give() -> None:
        start.wait()
        try:
            became.append(enrol_work(two[0], artist=monet, by=creator, stated=True)[1])
        except Exception as error:
            became.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=give) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, became)) == ["present", "vector_added"]
    assert Embedding.objects.filter(encoder=other.fingerprint).count() == 1
    assert VectorChange.objects.filter(encoder=other.fingerprint).count() == 1


def test_artist_and_operator_see_how_many_are_not_compared(
    client: Client, creator: User, monet: Artist, two: list[bytes], other: Encoder
) -> None:
    Reference.objects.create(artist=monet, sha256="ab" * 32, fingerprint=bytes(32), source="museum")
    desk = reverse("web:artist-desk", args=[monet.slug])
    client.force_login(creator)
    assert "3 works were last compared by an encoder that is no longer in use" in _said(client, desk)

    sent = {"images": _file(two[0]), "statement": "on"}
    told = client.post(reverse("web:artist-enrol", args=[monet.slug]), sent, headers={"X-One-File": "1"})
    assert "is now compared with the present encoder" in told.content.decode()
    assert "2 works were last compared" in _said(client, desk)

    client.force_login(User.objects.create_superuser("root"))
    said = _said(client, "/admin/")
    assert "2 enrolled works have no vector of the encoder in use" in said
    assert "Of these, 1 was enrolled by its artist" in said
    out = StringIO()
    call_command("rebuild_index", json=True, stdout=out)
    assert (json.loads(out.getvalue())["works"], json.loads(out.getvalue())["without_vector"]) == (1, 2)


def test_nothing_is_said_while_nothing_is_missing(
    client: Client, creator: User, monet: Artist, two: list[bytes]
) -> None:
    client.force_login(creator)
    assert "no longer in use" not in _said(client, reverse("web:artist-desk", args=[monet.slug]))
    client.force_login(User.objects.create_superuser("root"))
    assert "have no vector" not in _said(client, "/admin/")


def test_an_encoder_that_is_not_here_or_only_named_is_not_guessed_at(
    two: list[bytes], settings: Settings, tmp_path: Path
) -> None:
    for spec in ("ViT-B-32/nowhere", f"local-dir:{tmp_path}/gone"):
        settings.ENCODER = spec
        assert without_vector(Reference.objects.all()) is None


def _file(data: bytes) -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("boats.png", data, "image/png")


def _said(client: Client, address: str) -> str:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())
