import pytest
from PIL import ImageOps

from similarity.fingerprint import image_code
from similarity.models import Artist, Reference
from similarity.pictures import decode
from similarity.same_picture import same_picture
from tests.similarity.conftest import encoded, painting

pytestmark = pytest.mark.django_db


def known(seed: int, sha256: str, artist: Artist) -> Reference:
    code = image_code(painting(seed))
    return Reference.objects.create(artist=artist, title=f"Work {seed}", sha256=sha256, fingerprint=code)


def test_a_copy_is_found_among_those_asked_about() -> None:
    """Given works of two artists, then a file, a recompressed, a mirrored and a resized one are found, no other is."""
    monet = Artist.objects.create(slug="monet", name="Monet")
    manet = Artist.objects.create(slug="manet", name="Manet")
    first, second = known(1, "1" * 64, monet), known(2, "2" * 64, manet)
    every, monets = Reference.objects.all(), Reference.objects.filter(artist=monet)

    for data in (
        encoded(painting(1), "JPEG", quality=70),
        encoded(ImageOps.mirror(painting(1))),
        encoded(painting(1).resize((300, 250))),
    ):
        assert same_picture(decode(data), every) == first
    assert same_picture(decode(encoded(painting(2))), every) == second
    assert same_picture(decode(encoded(painting(2))), monets) is None
    assert same_picture(decode(encoded(painting(3))), every) is None


def test_the_same_file_is_found_whatever_its_code_says() -> None:
    monet = Artist.objects.create(slug="monet", name="Monet")
    picture = decode(encoded(painting(5)))
    work = Reference.objects.create(artist=monet, sha256=picture.sha256, fingerprint=bytes(32))
    assert same_picture(picture, Reference.objects.all()) == work


def test_a_plain_picture_is_nobodys_copy() -> None:
    monet = Artist.objects.create(slug="monet", name="Monet")
    Reference.objects.create(artist=monet, sha256="0" * 64, fingerprint=bytes(32))
    plain = painting(1)
    plain.paste((90, 90, 90), (0, 0, *plain.size))
    assert same_picture(decode(encoded(plain)), Reference.objects.all()) is None
