"""Enrolling, importing and the catalogue: repeatable, resumable, nothing twice."""

import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from similarity import import_works as import_module
from similarity.artworks import artist_of, list_csv, list_folder, read_csv
from similarity.catalogue import read_catalogue, write_catalogue
from similarity.encoder import Encoder
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.errors import SimilarityError
from similarity.generations import generations
from similarity.models import Artist, Embedding, IndexChange, Reference
from similarity.watermark import watermark_of
from tests.similarity.conftest import encoded, painting, unit_rows

pytestmark = pytest.mark.django_db


def everything() -> dict[str, tuple[Any, ...]]:
    works = Reference.objects.select_related("artist")
    return {r.sha256: (r.title, r.style, r.artist.name, r.artist.died, bytes(r.fingerprint)) for r in works}


def run(*args: Any, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO(), json=True, **options)
    return dict(json.loads(out.getvalue()))


def work(i: int, *, artist: str = "ada", d: int = 8) -> NewWork:
    return NewWork(
        artist=ArtistFacts(artist, artist.title(), died=1900),
        sha256=f"{i:064x}",
        code=bytes(32),
        vector=unit_rows(i, 1, d)[0],
        title=f"Work {i}",
    )


def test_enrolling_twice_adds_nothing_and_leaves_the_watermark() -> None:
    first = enrol([work(1), work(2)], encoder="a" * 64)
    mark = watermark_of("a" * 64)

    again = enrol([work(1), work(2)], encoder="a" * 64)

    assert (first.references, first.vectors, first.present) == (2, 2, 0)
    assert (again.references, again.vectors, again.present) == (0, 0, 2)
    assert watermark_of("a" * 64) == mark > 0
    assert (Artist.objects.get().died, Reference.objects.count(), Embedding.objects.count()) == (1900, 2, 2)


def test_vectors_are_kept_as_float16_bytes() -> None:
    enrol([work(1)], encoder="a" * 64)
    kept = np.frombuffer(bytes(Embedding.objects.get().vector), "<f2")
    assert np.array_equal(kept, np.asarray(work(1).vector).astype(np.float16))


def test_another_encoder_adds_its_vectors_to_the_same_references() -> None:
    enrol([work(1), work(2)], encoder="a" * 64)
    added = enrol([work(1), work(2), work(3)], encoder="b" * 64)
    assert (added.references, added.vectors) == (1, 3)
    assert (Reference.objects.count(), Embedding.objects.count(), IndexChange.objects.count()) == (3, 5, 2)


def test_a_file_stays_whose_it_was() -> None:
    enrol([work(1, artist="ada")], encoder="a" * 64)
    enrol([work(1, artist="ben")], encoder="a" * 64)
    assert Reference.objects.get().artist.slug == "ada"


def test_withdrawing_tells_every_encoders_index() -> None:
    for encoder in ("a" * 64, "b" * 64):
        enrol([work(1), work(2)], encoder=encoder)
    marks = [watermark_of(e * 64) for e in "ab"]

    assert withdraw(Reference.objects.filter(sha256=work(1).sha256)) == 1

    assert Embedding.objects.count() == 2
    assert all(watermark_of(e * 64) > mark for e, mark in zip("ab", marks, strict=True))


def test_a_batch_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Embedding.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        enrol([work(1)], encoder="a" * 64)
    assert (Artist.objects.count(), Reference.objects.count(), IndexChange.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_racing_enrolments_make_each_row_once() -> None:
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("threads cannot share this in-memory database")
    results, errors = [], []

    def enrol_all() -> None:
        try:
            for start in range(0, 40, 10):
                results.append(enrol([work(i) for i in range(start, start + 10)], encoder="a" * 64).vectors)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=enrol_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert (sum(results), Reference.objects.count(), Artist.objects.count()) == (40, 40, 1)


def test_a_tree_is_imported_once_and_bad_files_are_passed_over(tiny: Encoder, gallery: Callable[..., Path]) -> None:
    root = gallery({"claude-monet": 3, "vincent-van-gogh": 2})
    (root / "claude-monet" / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    (root / "claude-monet" / "empty.png").write_bytes(b"")
    (root / "claude-monet" / "again.png").write_bytes((root / "claude-monet" / "001.png").read_bytes())
    (root / "claude-monet" / "notes.txt").write_text("not a picture")
    (root / "stray.png").write_bytes(encoded(painting(99)))

    first = run("import_artworks", root, batch=2)
    second = run("import_artworks", root)

    assert (first["imported"], first["references"], first["present"]) == (5, 5, 1)
    assert {(r["file"], r["error_code"]) for r in first["refused"]} == {
        ("stray.png", "artist_missing"),
        ("claude-monet/broken.jpg", "truncated_image"),
        ("claude-monet/empty.png", "file_empty"),
    }
    assert (second["imported"], second["present"]) == (0, 6)
    assert sorted(Artist.objects.values_list("slug", "name")) == [
        ("claude-monet", "Claude Monet"),
        ("vincent-van-gogh", "Vincent van Gogh"),
    ]
    assert len(generations(tiny.fingerprint)) == 1


def test_an_interrupted_import_goes_on_without_embedding_again(
    tiny: Encoder, gallery: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = gallery({"ada": 7})
    real = enrol
    calls = []

    def dies_at_the_third(works: list[NewWork], *, encoder: str) -> Any:
        calls.append(len(works))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(works, encoder=encoder)

    monkeypatch.setattr(import_module, "enrol", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        run("import_artworks", root, batch=2)
    assert Reference.objects.count() == 4

    monkeypatch.setattr(import_module, "enrol", real)
    embedded: list[int] = []
    embed = Encoder.embed_prepared

    def counted(self: Encoder, batch: Sequence[Any]) -> Any:
        embedded.append(len(batch))
        return embed(self, batch)

    monkeypatch.setattr(Encoder, "embed_prepared", counted)
    done = run("import_artworks", root, batch=2)

    assert (done["imported"], done["present"], Reference.objects.count()) == (3, 4, 7)
    assert sum(embedded) == 3


def test_a_csv_says_who_and_what(tiny: Encoder, gallery: Callable[..., Path]) -> None:
    root = gallery({"files": 3})
    table = root / "list.csv"
    table.write_text(
        "\ufeffFile,Artist,Title,Year,Style,Licence,artist_died\n"
        "files/001.png,Émile Bernard,Breton Women,1888,Cloisonnism,public domain,1941\n"
        "files/002.png,claude-monet,Haystacks,,,,x\n"
        "files/absent.png,claude-monet,,,,,\n"
        "../escape.png,claude-monet,,,,,\n"
        "files/003.png,,,,,,\n",
        encoding="utf-8",
    )

    done = run("import_artworks", root, csv=table)

    assert done["imported"] == 2
    assert {(r["file"], r["error_code"]) for r in done["refused"]} == {
        ("files/absent.png", "file_unreadable"),
        ("../escape.png", "file_unreadable"),
        ("files/003.png", "artist_missing"),
    }
    bernard = Reference.objects.get(title="Breton Women")
    assert (bernard.year, bernard.style, bernard.licence) == ("1888", "Cloisonnism", "public domain")
    assert (bernard.artist.slug, bernard.artist.name, bernard.artist.died) == ("émile-bernard", "Émile Bernard", 1941)
    assert Artist.objects.get(slug="claude-monet").died is None


def test_import_exits_non_zero_when_nothing_came_in(tiny: Encoder, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "bad.png").write_bytes(b"no")
    with pytest.raises(CommandError, match="Nothing could be imported"):
        run("import_artworks", tmp_path)
    with pytest.raises(CommandError, match="not_a_folder: "):
        run("import_artworks", tmp_path / "absent")
    (tmp_path / "list.csv").write_text("picture,painter\n")
    with pytest.raises(CommandError, match="no column artist, file"):
        run("import_artworks", tmp_path, csv=tmp_path / "list.csv")
    assert Reference.objects.count() == 0


def test_the_catalogue_travels_without_pictures(
    tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = gallery({"claude-monet": 3, "vincent-van-gogh": 2})
    rows = ["file,artist,title,style,artist_died,width,height"]
    rows += [f"claude-monet/00{i}.png,claude-monet,work {i},Impressionism,1926,96,80" for i in (1, 2, 3)]
    rows += [f"vincent-van-gogh/00{i}.png,vincent-van-gogh,work {i},,1890,96,80" for i in (1, 2)]
    (root / "works.csv").write_text("\n".join(rows) + "\n")
    archive = tmp_path / "art.zip"
    with ZipFile(archive, "w") as z:
        for path in sorted(root.rglob("*.*")):
            z.write(path, path.relative_to(root).as_posix())
    built = run("build_catalogue", archive, out=tmp_path / "a.npz")
    run("build_catalogue", root, out=tmp_path / "b.npz")

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (built["works"], built["artists"], built["encoder"]) == (5, 2, tiny.fingerprint)
    with monkeypatch.context() as without_encoder:
        without_encoder.setattr(Encoder, "embed_prepared", lambda self, batch: np.empty((0, 1)) if not batch else 1 / 0)
        assert run("build_catalogue", archive, out=tmp_path / "a.npz")["works"] == 5  # nothing is embedded again
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    run("import_artworks", root, csv=root / "works.csv")
    imported = everything()
    vectors = dict(Embedding.objects.values_list("reference__sha256", "vector"))
    for model in (Embedding, Reference, Artist, IndexChange):
        model.objects.all().delete()

    first = run("load_catalogue", tmp_path / "a.npz")
    second = run("load_catalogue", tmp_path / "a.npz")

    assert (first["vectors"], first["present"], second["vectors"], second["present"]) == (5, 0, 0, 5)
    assert everything() == imported
    assert dict(Embedding.objects.values_list("reference__sha256", "vector")) == vectors


def test_a_catalogue_of_another_encoder_is_refused_and_a_new_one_adds_vectors(tiny: Encoder, tmp_path: Path) -> None:
    works = [work(i, d=tiny.dimension) for i in range(4)]
    write_catalogue(tmp_path / "other.npz", works, encoder="f" * 64)
    write_catalogue(tmp_path / "ours.npz", works, encoder=tiny.fingerprint)
    with pytest.raises(CommandError, match="catalogue_encoder_mismatch"):
        run("load_catalogue", tmp_path / "other.npz")
    assert Reference.objects.count() == 0

    enrol(works, encoder="f" * 64)
    assert run("load_catalogue", tmp_path / "ours.npz")["references"] == 0
    assert (Reference.objects.count(), Embedding.objects.count()) == (4, 8)


def test_an_interrupted_load_goes_on(tiny: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from similarity import catalogue as module

    monkeypatch.setattr(module, "BATCH", 2)
    write_catalogue(tmp_path / "c.npz", [work(i, d=tiny.dimension) for i in range(5)], encoder=tiny.fingerprint)
    loaded = []

    def dies(count: int) -> None:
        loaded.append(count)
        if len(loaded) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module.load_catalogue(read_catalogue(tmp_path / "c.npz"), encoder=tiny.fingerprint, on_batch=dies)
    assert run("load_catalogue", tmp_path / "c.npz")["present"] == 4
    assert Reference.objects.count() == 5


@pytest.mark.parametrize("content", [None, b"", b"PK not a zip", "pickle", "short"])
def test_a_catalogue_that_cannot_be_read(tiny: Encoder, tmp_path: Path, content: object) -> None:
    path = tmp_path / "c.npz"
    code = "catalogue_unreadable"
    if content is None:
        code = "catalogue_not_found"
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "pickle":
        np.savez(path, format=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        write_catalogue(path, [work(1)], encoder="f" * 64)
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CommandError, match=code):
        run("load_catalogue", path)


def test_a_catalogue_that_cannot_be_written_is_told_before_the_work(tiny: Encoder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CommandError, match="out_unwritable"):
        run("build_catalogue", tmp_path, out=tmp_path / "file" / "c.npz")
    with pytest.raises(CommandError, match="nothing_embedded"):
        run("build_catalogue", tmp_path, out=tmp_path / "c.npz")


def test_a_catalogue_with_a_flipped_bit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Wherever it lies: zipfile, zlib, tokenize and NumPy each have errors of their own for it."""
    path = tmp_path / "c.npz"
    write_catalogue(path, [work(1)], encoder="f" * 64)
    whole, refused = path.read_bytes(), 0
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with contextlib.suppress(SimilarityError):  # nothing else; some bytes of an archive say nothing
            read_catalogue(path)
            continue
        refused += 1
    assert refused > len(whole) / 20


def test_artists_by_slug_or_name() -> None:
    assert artist_of("j.-e.-h.-macdonald") == ArtistFacts("j-e-h-macdonald", "J. E. H. MacDonald")
    assert artist_of("  Vincent   van Gogh ") == ArtistFacts("vincent-van-gogh", "Vincent van Gogh")
    assert artist_of("葛飾北斎").slug == "葛飾北斎"
    with pytest.raises(SimilarityError, match="no artist"):
        artist_of(" . ")


def test_lists_of_nothing(tmp_path: Path) -> None:
    assert list_folder(tmp_path) == ([], [])
    with pytest.raises(SimilarityError) as caught:
        list_csv(tmp_path / "absent.csv")
    assert caught.value.code == "csv_unreadable"


def test_rebuild_index_says_what_it_made(tiny: Encoder, gallery: Callable[..., Path]) -> None:
    run("import_artworks", gallery({"ada": 3}))
    made = run("rebuild_index")
    assert (made["works"], made["dimension"], made["encoder"]) == (3, 64, tiny.fingerprint)
    assert len(made["sha256"]) == 64


def test_embed_writes_paths_and_unit_vectors(tiny: Encoder, gallery: Callable[..., Path], tmp_path: Path) -> None:
    root = gallery({"ada": 3, "ben": 1})
    (root / "ada" / "same.png").write_bytes((root / "ada" / "001.png").read_bytes())
    (root / "bad.png").write_bytes(b"no")
    out, err = StringIO(), StringIO()

    call_command("embed", root, out=tmp_path / "v.npz", stdout=out, stderr=err, json=True)

    held = np.load(tmp_path / "v.npz", allow_pickle=False)
    assert list(held["paths"]) == ["ada/001.png", "ada/002.png", "ada/003.png", "ada/same.png", "ben/001.png"]
    assert (held["vectors"].dtype, held["vectors"].shape) == (np.float32, (5, 64))
    np.testing.assert_allclose(np.linalg.norm(held["vectors"], axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(held["vectors"][0], held["vectors"][3], atol=1e-6)
    np.testing.assert_allclose(held["vectors"][4], tiny.embed([painting(4)])[0], atol=1e-5)
    assert "bad.png: not_an_image" in err.getvalue()
    assert json.loads(out.getvalue())["refused"] == 1


def test_embed_exits_non_zero_when_nothing_was_embedded(tiny: Encoder, tmp_path: Path, settings: Settings) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CommandError):
            call_command("embed", folder, out=tmp_path / "v.npz", stdout=StringIO(), stderr=StringIO())
    assert not (tmp_path / "v.npz").exists()
    settings.ENCODER = "local-dir:/nowhere"
    with pytest.raises(CommandError, match="encoder_not_found"):
        call_command("embed", tmp_path, out=tmp_path / "v.npz", stdout=StringIO(), stderr=StringIO())


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("1926", 1926),
        ("-12", -12),
        (" 800 ", 800),
        ("²", None),
        ("--5", None),
        ("٣", None),
        ("18261", None),
        ("", None),
    ],
)
def test_a_year_that_is_none_is_left_out(said: str, year: int | None) -> None:
    ((work,), refused) = read_csv(["file,artist,died\n", f"a.jpg,Claude Monet,{said}\n"])

    assert (work.artist.died, refused) == (year, [])
