"""``import_artworks`` from museums' exports, from the file to the rows."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from similarity.encoder import Encoder
from similarity.models import Artist, Reference
from similarity.museums.fetch import Fetcher
from similarity.museums.rows import Export, files_below
from similarity.museums.select import recognise
from tests.similarity.conftest import encoded, painting
from tests.similarity.museums.exports import (
    AAT,
    artic_artwork,
    assigned,
    linked_others,
    linked_part,
    linked_work,
    met_line,
    met_object,
    rijks_entry,
    rijks_line,
    rijks_object,
    write_csv,
    write_json,
)
from tests.similarity.museums.server import Answer, Museum, museum

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[Museum]:
    with museum() as told:
        yield told


@pytest.fixture(autouse=True)
def _own_data(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"


def run(*args: Any, fails: str = "", **options: Any) -> dict[str, Any]:
    out, err = StringIO(), StringIO()
    arguments = {"json": True, "pause": 0.0} | options
    if fails:
        with pytest.raises(CommandError, match=fails):
            call_command("import_artworks", *args, stdout=out, stderr=err, **arguments)
    else:
        call_command("import_artworks", *args, stdout=out, stderr=err, **arguments)
    return dict(json.loads(out.getvalue().splitlines()[0]))


def pictures(folder: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded(painting(seed)))
    return folder


def test_the_mets_csv_with_pictures_by_number(tiny: Encoder, tmp_path: Path) -> None:
    export = write_csv(
        tmp_path / "MetObjects.csv",
        [
            met_line(1),
            met_line(2, Is_Public_Domain="False", Rights_and_Reproduction="© the estate"),
            met_line(3, Artist_Prefix="Workshop of"),
            met_line(4, Artist_Display_Name="Ada Quill|Ben Inkwell", Artist_Role="Artist|Artist"),
            met_line(5, Artist_Display_Name=""),
            met_line(6),
            met_line(7),
            met_line(8, Artist_Display_Name="Ben (Benjamin Inkwell)", Artist_Begin_Date="", Artist_End_Date="9999"),
        ],
    )
    images = pictures(tmp_path / "images", "1.png", "2.png", "3.png", "4.png", "5.png", "a/67.6.PNG", "8.png")
    (images / "7.jpg").write_bytes(b"\xff\xd8\xff broken")

    done = run(export, images=images)
    again = run(images, csv=export)

    assert (done["imported"], again["imported"], again["present"]) == (3, 0, 3)
    assert done["passed_over"] == {
        "no_maker": 1, "not_public_domain": 1, "qualified_attribution": 1, "several_makers": 1,
    }  # fmt: skip
    assert [(r["file"], r["error_code"]) for r in done["refused"]] == [("7.jpg", "truncated_image")]
    ada = Artist.objects.get(slug="ada-quill")
    assert (ada.name, ada.born, ada.died, ada.references.count()) == ("Ada Quill", 1801, 1877, 2)
    ben = Artist.objects.get(slug="ben")
    assert (ben.born, ben.died, ben.aliases) == (None, None, ["Benjamin Inkwell"])
    work = Reference.objects.get(title="Study 1")
    assert (work.year, work.style, work.licence) == ("ca. 1850", "Paintings", "CC0 1.0")
    assert work.source == "http://www.metmuseum.org/art/collection/search/1"


def test_one_artist_under_two_names_stays_one(tiny: Encoder, tmp_path: Path) -> None:
    Artist.objects.create(slug="ada", name="Ada Quill-Inkwell", aliases=["Adá  Quill", "Quill"])
    Artist.objects.filter(slug="ada").update(aliases=["Adá Quill"])
    images = pictures(tmp_path / "images", "1.png")
    run(write_csv(tmp_path / "m.csv", [met_line(1)]), images=images)
    assert Reference.objects.get().artist.slug == "ada"
    assert Artist.objects.count() == 1


def test_a_dump_of_chicago_is_fetched(tiny: Encoder, tmp_path: Path, server: Museum) -> None:
    dump = tmp_path / "artic-api-data"
    write_json(dump / "json" / "config.json", {"iiif_url": "https://www.artic.edu/iiif/2"})
    for number in (4, 16, 110):
        write_json(dump / "json" / "artworks" / f"{number}.json", artic_artwork(number))
    (dump / "json" / "artworks" / "17.json").write_text("{broken")
    assert [path.stem for path in files_below(dump)] == ["4", "16", "17", "110"]
    listing = {
        "pagination": {"total": 3},
        "data": [artic_artwork(4), artic_artwork(16), artic_artwork(110, is_public_domain=False)],
        "config": {"iiif_url": f"{server.url}/iiif/2"},
    }
    for number in (4, 16):
        path = f"/iiif/2/{artic_artwork(number)['image_id']}/full/843,/0/default.jpg"
        server.says(path, encoded(painting(number), "JPEG"))

    from_folder = run(dump, images=pictures(tmp_path / "images", "1887.4.png"))
    fetched = run(write_json(tmp_path / "page.json", listing), fetch=True, allow_private=True)

    assert (from_folder["imported"], from_folder["passed_over"]) == (1, {"no_picture": 2})
    assert [(r["file"], r["error_code"]) for r in from_folder["refused"]] == [("17.json", "export_unreadable")]
    assert (fetched["imported"], fetched["fetched"], fetched["passed_over"]) == (2, 2, {"not_public_domain": 1})
    assert server.headers[0]["User-Agent"] == "Colophon/0.1.0 (import_artworks; no contact given)"


def test_the_mets_csv_is_fetched_by_way_of_its_api(
    tiny: Encoder, tmp_path: Path, server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("similarity.museums.met.OBJECT", f"{server.url}/objects/")
    good = server.says("/1.jpg", encoded(painting(1), "JPEG"))
    server.says("/objects/1", json.dumps(met_object(1, primaryImageSmall=good)).encode())
    server.says("/objects/2", json.dumps(met_object(2)).encode())
    server.says("/objects/3", Answer(status=404))
    export = write_csv(tmp_path / "MetObjects.csv", [met_line(n) for n in (1, 2, 3, 4)])

    done = run(export, fetch=True, allow_private=True, most=3, contact="curator@example.test")

    assert (done["imported"], done["fetched"]) == (1, 3)
    assert {r["file"]: r["error_code"] for r in done["refused"]} == {"2": "no_picture", "3": "not_found"}
    assert server.asked == ["/objects/1", "/1.jpg", "/objects/2", "/objects/3"]
    assert "curator@example.test" in server.headers[0]["User-Agent"]


def test_a_run_that_was_interrupted_asks_for_nothing_twice(
    tiny: Encoder, tmp_path: Path, server: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = [met_object(n, primaryImage=server.says(f"/{n}.png", encoded(painting(n)))) for n in range(1, 7)]
    export = write_json(tmp_path / "objects.json", objects)
    real = Fetcher._asked

    def interrupted(self: Fetcher, url: str, check: Any) -> bytes:
        if url.endswith("/5.png"):
            raise KeyboardInterrupt
        return real(self, url, check)

    with monkeypatch.context() as once:
        once.setattr(Fetcher, "_asked", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(export, fetch=True, allow_private=True, batch=1)
    before = Reference.objects.count()
    done = run(export, fetch=True, allow_private=True, batch=1)

    assert (before, done["imported"], done["present"], done["fetched"]) == (2, 4, 2, 2)
    assert server.asked == [f"/{n}.png" for n in range(1, 7)]


def test_private_addresses_need_a_word(tiny: Encoder, tmp_path: Path, server: Museum) -> None:
    picture = server.says("/1.jpg", encoded(painting(1), "JPEG"))
    export = write_json(tmp_path / "one.json", met_object(1, primaryImageSmall=picture))
    done = run(export, fetch=True, fails="Nothing could be imported")
    assert ([r["error_code"] for r in done["refused"]], server.asked) == (["private_address"], [])


def test_the_rijksmuseum_and_what_it_does_not_say(tiny: Encoder, tmp_path: Path, server: Museum) -> None:
    image = {"webImage": {"url": server.says("/7=s0", encoded(painting(7), "JPEG"))}}
    listing = {"count": 2, "artObjects": [rijks_entry(7, **image), rijks_entry(8, permitDownload=False, **image)]}
    done = run(write_json(tmp_path / "list.json", listing), fetch=True, allow_private=True)
    assert (done["imported"], done["passed_over"]) == (1, {"not_public_domain": 1})

    one = write_json(tmp_path / "one.json", {"artObject": rijks_object(9)})
    images = pictures(tmp_path / "images", "SK-Q-9.png", "SK-Q-10.png")
    assert run(one, images=images)["imported"] == 1
    table = write_csv(tmp_path / "rma.csv", [rijks_line(10)], delimiter=";", bom=False)
    assert run(table, images=images, fails="Nothing")["passed_over"] == {"licence_unstated": 1}
    assert run(table, images=images, licence=["unstated"])["imported"] == 1
    assert Artist.objects.get().references.count() == 3


def linked_documents(server: Museum) -> list[dict[str, Any]]:
    """Eight works of which two are free, by Ada's hand and shown; one is here without what it refers to."""
    pictures = {number: server.says(f"/{number}/default.jpg", encoded(painting(number), "JPEG")) for number in range(8)}
    doubted = linked_part("attributed to Ada Quill", assigned_by=[assigned("carried_out_by", AAT + "300404269")])
    other = linked_part("Ben Inkwell", assigned_by=[assigned()])
    works = {
        0: linked_work(0),
        1: linked_work(1, linked_part("Ada Quill (signed by artist)", assigned_by=[assigned()])),
        2: linked_work(2),
        3: linked_work(3, doubted),
        4: linked_work(4, linked_part(), other),
        5: linked_work(5, produced_by={}),
        6: linked_work(6),
        7: linked_work(7),
    }
    rights = {2: "https://rightsstatements.org/vocab/InC/1.0/"}
    documents = list(works.values())
    for number in range(7):
        visual, digital = linked_others(
            number, picture=pictures[number], **({"rights": rights[2]} if number == 2 else {})
        )
        if number == 6:
            del visual["digitally_shown_by"]  # as the museum has it where there is no picture
        documents += [visual, digital]
    return documents


@pytest.mark.parametrize("form", ["folder", "array", "lines"])
def test_the_rijksmuseums_linked_art(tiny: Encoder, tmp_path: Path, server: Museum, form: str) -> None:
    documents = linked_documents(server)
    export = tmp_path / {"folder": "docs", "array": "all.json", "lines": "all.jsonl"}[form]
    if form == "folder":
        for document in documents:
            write_json(export / f"{document['id'].rpartition('/')[2]}.json", document)
        (export / "1.json").write_text("{broken")
    elif form == "array":
        write_json(export, documents[::-1])  # the works last
    else:
        export.write_text("\n".join(map(json.dumps, documents)))

    done = run(export, fetch=True, allow_private=True)

    assert done["passed_over"] == {
        "licence_unstated": 1, "no_maker": 1, "no_picture": 1, "not_public_domain": 1, "qualified_attribution": 1,
        "several_makers": 1,
    }  # fmt: skip
    assert (done["imported"], done["fetched"]) == (2, 2)
    assert [r["file"] for r in done["refused"]] == (["1.json"] if form == "folder" else [])
    work = Reference.objects.get(title="Study 1")
    assert (work.artist.name, work.year, work.style) == ("Ada Quill", "c. 1850", "painting")
    assert (work.licence, work.source) == ("Public Domain Mark 1.0", "https://id.rijksmuseum.nl/2001")
    assert sorted(server.asked) == ["/0/default.jpg", "/1/default.jpg"]


def test_linked_art_with_pictures_in_a_folder(tiny: Encoder, tmp_path: Path) -> None:
    """Given the works alone, then they say nothing of rights, and come in only when that is asked for."""
    export = write_json(tmp_path / "works.json", [linked_work(1), linked_work(2)])
    images = pictures(tmp_path / "images", "SK-Q-1.png", "2002.png")
    assert run(export, images=images, fails="Nothing")["passed_over"] == {"licence_unstated": 2}
    assert run(export, images=images, licence=["unstated"])["imported"] == 2


def test_any_table_by_a_mapping(tiny: Encoder, tmp_path: Path) -> None:
    lines = [
        {"Maker": "Quill, Ada", "Scan": "a/1.png", "Rights": "CC0", "When": "1850"},
        {"Maker": "Quill, Ada", "Scan": "a/2.png", "Rights": "CC BY 4.0", "When": "1851"},
        {"Maker": "Quill, Ada", "Scan": "../../etc/passwd", "Rights": "CC0", "When": ""},
    ]
    export = write_csv(tmp_path / "list.csv", lines)
    write_json(tmp_path / "map.json", {"artist": "Maker", "file": "Scan"})
    pictures(tmp_path / "scans" / "a", "1.png", "2.png")
    columns = [str(tmp_path / "map.json"), "licence=Rights", "year=When"]

    done = run(tmp_path / "scans", csv=export, columns=columns)
    wider = run(tmp_path / "scans", csv=export, columns=columns, licence=["cc by"])

    assert (done["imported"], wider["imported"]) == (1, 1)
    assert done["passed_over"] == {"no_picture": 1, "not_public_domain": 1}
    assert sorted(Reference.objects.values_list("year", "licence")) == [("1850", "CC0"), ("1851", "CC BY 4.0")]


def test_json_lines_pass_over_a_bad_one(tiny: Encoder, tmp_path: Path) -> None:
    export = tmp_path / "all.jsonl"
    export.write_text("\n".join([json.dumps(artic_artwork(1)), "{", "[]", "", json.dumps(artic_artwork(2))]))
    done = run(export, images=pictures(tmp_path / "i", "1.png", "2.png"), most=5)
    assert (done["imported"], [r["file"] for r in done["refused"]]) == (2, ["all.jsonl:2"])


def test_the_same_picture_under_two_numbers_comes_in_once(tiny: Encoder, tmp_path: Path) -> None:
    images = pictures(tmp_path / "i", "1.png")
    (images / "2.png").write_bytes((images / "1.png").read_bytes())
    done = run(write_csv(tmp_path / "m.csv", [met_line(1), met_line(2)]), images=images)
    assert (done["imported"], done["present"], Reference.objects.count()) == (1, 1, 1)


def test_our_own_csv_is_filtered_only_when_asked(tiny: Encoder, tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "own.csv").write_text("file,artist,licence\na.png,Ada Quill,CC0\nb.png,Ada Quill,\n")
    asked = run(tmp_path / "own.csv", licence=["CC0"])
    assert (asked["imported"], asked["passed_over"]) == (1, {"licence_unstated": 1})
    assert run(tmp_path / "own.csv", most=1)["present"] == 1
    assert run(tmp_path / "own.csv")["imported"] == 1


@pytest.mark.parametrize(
    ("name", "content", "options", "code"),
    [
        ("a.json", "{", {"fetch": True}, "export_unreadable"),
        ("a.json", "[" * 100_000, {"fetch": True}, "export_unreadable"),
        ("a.json", '{"maker": "x"}', {"fetch": True}, "export_unknown"),
        ("a.json", json.dumps(met_object(1)), {}, "no_pictures"),
        ("a.json", json.dumps(met_object(1)), {"images": Path("absent")}, "not_a_folder"),
        ("a.json", '{"maker": "x"}', {"fetch": True, "columns": ["artist=painter"]}, "columns_missing"),
        ("a.json", '{"maker": "x"}', {"fetch": True, "columns": ["maker"]}, "columns_unreadable"),
        ("a.json", '{"maker": "x"}', {"fetch": True, "columns": ["artist=maker"], "format": "met"}, "options_clash"),
        ("a.csv", "file,artist\n", {"fetch": True}, "options_clash"),
        ("a.txt", "", {}, "not_a_folder"),
    ],
)
def test_what_cannot_be_imported_says_why(
    tiny: Encoder, tmp_path: Path, name: str, content: str, options: dict[str, Any], code: str
) -> None:
    (tmp_path / name).write_text(content)
    assert run(tmp_path / name, fails=f"{code}: ", **options)["error_code"] == code
    assert not Artist.objects.exists()


def test_exports_are_recognised(tmp_path: Path) -> None:
    found = {
        recognise(Export(path))
        for path in (
            write_csv(tmp_path / "m.csv", [met_line(1)]),
            write_json(tmp_path / "m.json", [met_object(1)]),
            write_json(tmp_path / "d" / "1.json", met_object(1)),
        )
    }
    assert found == {"met"}
    assert recognise(Export(write_csv(tmp_path / "r.csv", [rijks_line(1)], delimiter="\t"))) == "rijksmuseum"
    assert recognise(Export(write_json(tmp_path / "r.json", {"artObject": rijks_object(1)}))) == "rijksmuseum"
    assert recognise(Export(write_json(tmp_path / "a.json", {"data": artic_artwork(1)}))) == "artic"
    assert recognise(Export(write_json(tmp_path / "l.json", linked_work(1)))) == "rijksmuseum"
    assert recognise(Export(write_json(tmp_path / "x.json", {"type": "HumanMadeObject"}))) == ""
    elsewhere = linked_work(1, id="https://data.example.org/object/1")
    assert recognise(Export(write_json(tmp_path / "y.json", elsewhere))) == ""
    assert recognise(Export(tmp_path / "absent.csv")) == ""
