"""What each museum's form tells, and what odd rows become."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from similarity.museums import artic, linked_art, mapped, met, rijksmuseum
from similarity.museums.attribution import PassedOver, names_of, sole_maker
from similarity.museums.licences import check_licence
from similarity.museums.record import Maker, Record, file_key, forwards, life_in, year_of
from tests.similarity.museums.exports import (
    AAT,
    CC,
    MET_COLUMNS,
    RIJKS_COLUMNS,
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
    types,
)

ADA = Maker("Ada Quill", "Artist", born=1801, died=1877)


def test_a_line_of_the_mets_csv() -> None:
    assert met.from_table(met_line(42)) == Record(
        id="42",
        makers=(ADA,),
        title="Study 42",
        year="ca. 1850",
        style="Paintings",
        licence="CC0 1.0",
        free=True,
        source="http://www.metmuseum.org/art/collection/search/42",
        names=("42", "67.42"),
        lookup="https://collectionapi.metmuseum.org/public/collection/v1/objects/42",
    )


def test_several_makers_of_the_mets_csv_are_told_apart() -> None:
    line = met_line(
        42,
        Artist_Role="Artist|Publisher",
        Artist_Prefix="|",
        Artist_Display_Name="Ada Quill|Ben Inkwell",
        Artist_Suffix="|",
        Artist_Begin_Date="1801      |1790      ",
        Artist_End_Date="1877      |9999      ",
    )
    assert met.from_table(line).makers == (ADA, Maker("Ben Inkwell", "Publisher", born=1790))


def test_an_object_of_the_mets_api() -> None:
    small = "https://images.metmuseum.org/CRDImages/ep/web-large/DP42.jpg"
    record = met.from_object(met_object(42, primaryImage="https://images.metmuseum.org/o.jpg", primaryImageSmall=small))
    assert record == Record(
        id="42",
        makers=(ADA,),
        title="Study 42",
        year="ca. 1850",
        style="Paintings",
        licence="CC0 1.0",
        free=True,
        source="https://www.metmuseum.org/art/collection/search/42",
        names=("42", "67.42"),
        picture=small,
    )


def test_an_artwork_of_chicago() -> None:
    record = artic.from_object(artic_artwork(16))
    assert record == Record(
        id="16",
        makers=(Maker("Ada Quill", born=1801, died=1877),),
        title="Study 16",
        year="c. 1850",
        style="etching",
        licence="public domain",
        free=True,
        source="https://www.artic.edu/artworks/16",
        names=("16", "1887.16", "00000000-0000-4000-8000-000000000016"),
        picture="https://www.artic.edu/iiif/2/00000000-0000-4000-8000-000000000016/full/843,/0/default.jpg",
    )


def test_chicago_with_the_fields_a_search_gives() -> None:
    row = {"id": 16, "image_id": "abc", "artist_display": "Ada Quill (Dutch, 1801–1877)", "style_titles": ["Romantic"]}
    record = artic.from_object(row, iiif="https://example.test/iiif/")
    assert artic.is_object(row)
    assert (record.makers, record.free, record.licence) == ((Maker("Ada Quill", born=1801, died=1877),), None, "")
    assert (record.picture, record.style) == ("https://example.test/iiif/abc/full/843,/0/default.jpg", "Romantic")


@pytest.mark.parametrize("image_id", ["../../etc", "a/b", "", None, 5.5, "a b"])
def test_an_image_id_never_leaves_its_place(image_id: object) -> None:
    picture = artic.from_object(artic_artwork(1, image_id=image_id)).picture
    assert picture in ("", "https://www.artic.edu/iiif/2/5.5/full/843,/0/default.jpg")


def test_the_rijksmuseum_three_ways() -> None:
    picture = {"webImage": {"url": "https://lh3.googleusercontent.com/abc=s0"}}
    entry, one = (rijksmuseum.from_object(row) for row in (rijks_entry(7, **picture), rijks_object(7, **picture)))
    line = rijksmuseum.from_table(rijks_line(7, objectImage="http://lh3.googleusercontent.com/abc=s0"))

    assert entry.makers == (Maker("Ada Quill"),)
    assert one.makers == (Maker("Ada Quill", "painter", born=1801, died=1877),)
    assert line.makers == (Maker("Ada Quill"),)
    assert [r.title for r in (entry, one, line)] == ["Study 7"] * 3
    assert [r.year for r in (entry, one, line)] == ["c. 1850", "c. 1850", "1850"]
    assert [r.free for r in (entry, one, line)] == [True, True, None]
    assert [r.style for r in (entry, one, line)] == ["", "painting", "schilderij"]
    assert entry.source == "http://www.rijksmuseum.nl/en/collection/SK-Q-7"
    assert line.source == "http://hdl.handle.net/10934/RM0001.COLLECT.7"
    assert {r.names for r in (entry, one, line)} == {("SK-Q-7",)}
    assert all("googleusercontent.com/abc=s0" in r.picture for r in (entry, one, line))


def test_the_rijksmuseums_makers_with_roles() -> None:
    line = rijks_line(
        7, **{"objectCreator[1]": "prentmaker: Luyken, Jan", "objectCreator[2]": "uitgever: Allard, Carel"}
    )
    makers = rijksmuseum.from_table(line).makers
    assert makers == (Maker("Jan Luyken", "prentmaker"), Maker("Carel Allard", "uitgever"))
    assert sole_maker(makers).name == "Jan Luyken"


def read_linked(work: dict[str, Any], *others: dict[str, Any]) -> Record:
    record = linked_art.from_object(work, linked_art.rights_and_pictures(others))
    assert record is not None
    return record


def test_the_rijksmuseums_linked_art_in_three_documents() -> None:
    work, others = linked_work(7), linked_others(7)
    assert all(linked_art.is_object(row) for row in (work, *others))
    assert read_linked(work, *others) == Record(
        id="SK-Q-7",
        makers=(Maker("Ada Quill", "painter"),),
        title="Study 7",
        year="c. 1850",
        style="painting",
        licence="Public Domain Mark 1.0",
        source="https://id.rijksmuseum.nl/2007",
        names=("SK-Q-7", "2007", "Abc7"),
        picture="https://iiif.micr.io/Abc7/full/!1024,1024/0/default.jpg",
    )
    assert [linked_art.from_object(other, {}) for other in others] == [None, None]


def test_the_documents_may_stand_inside_one_another() -> None:
    visual, digital = linked_others(7)
    inside = linked_work(7, shows=[{**visual, "digitally_shown_by": [digital]}])
    assert read_linked(inside) == read_linked(linked_work(7), visual, digital)


def test_the_rights_of_the_record_are_not_those_of_the_work() -> None:
    """Given a work alone, whose record is CC0, then nothing is said of the work, nor where its picture is."""
    record = read_linked(linked_work(7))
    assert (record.licence, record.free, record.picture, record.names) == ("", None, "", ("SK-Q-7", "2007"))


@pytest.mark.parametrize(
    ("rights", "licence", "reason"),
    [
        (CC + "publicdomain/mark/1.0/", "Public Domain Mark 1.0", None),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0", None),
        (CC + "licenses/by/4.0/", "CC BY 4.0", "not_public_domain"),
        (CC + "licenses/by-sa/4.0/deed.nl", "CC BY-SA 4.0", "not_public_domain"),
        ("https://rightsstatements.org/vocab/InC/1.0/", "https://rightsstatements.org/vocab/InC/1.0/",
         "not_public_domain"),
        ("", "", "licence_unstated"),
    ],
)  # fmt: skip
def test_the_rights_of_linked_art(rights: str, licence: str, reason: str | None) -> None:
    record = read_linked(linked_work(7), *linked_others(7, rights=rights))
    assert record.licence == licence
    with contextlib.nullcontext() if reason is None else pytest.raises(PassedOver, match=reason):
        check_licence(record)


@pytest.mark.parametrize(
    ("further", "licence"),
    [
        ([CC + "licenses/by-nc/4.0/"], "CC BY-NC 4.0"),
        ([CC + "publicdomain/zero/1.0/"], "Public Domain Mark 1.0"),
        ([CC + "licenses/by/4.0/", CC + "licenses/by-nc-nd/4.0/"], "several: CC BY 4.0, CC BY-NC-ND 4.0"),
        ([CC + "licenses/by/4.0/", ""], "several: CC BY 4.0, unstated"),
        ([""], ""),
    ],
)
def test_of_several_rights_those_that_bind_count(further: list[str], licence: str) -> None:
    visual, digital = linked_others(7)
    visual["subject_to"] += [{"type": "Right", "classified_as": types(address)} for address in further]
    record = read_linked(linked_work(7), visual, digital)
    assert record.licence == licence
    if licence != "Public Domain Mark 1.0":
        with pytest.raises(PassedOver):
            check_licence(record, wider=["CC BY"])


def test_the_rights_are_those_of_the_picture_that_is_taken() -> None:
    (bare, _), (other, digital) = linked_others(7, rights=""), linked_others(8)
    bare = {**bare, "digitally_shown_by": []}
    unfree, shown = linked_others(9, rights=CC + "licenses/by-nc/4.0/")
    work = linked_work(7, shows=[bare, other])
    assert read_linked(work, digital).licence == "Public Domain Mark 1.0"
    work = linked_work(7, shows=[bare, unfree, other])
    record = read_linked(work, shown, digital)
    assert (record.licence, record.names[-1]) == ("CC BY-NC 4.0", "Abc9")


def whose(record: Record) -> str:
    """The maker's name, or why there is none."""
    try:
        return sole_maker(record.makers).name
    except PassedOver as passed:
        return passed.reason


ATTRIBUTED, POSSIBLY, AFTER, SIGNED = AAT + "300404269", AAT + "300435722", AAT + "300404286", AAT + "300028705"
PUBLISHED = linked_part("Quill & Zn.", ("uitgever", "publisher"), carried_out_by=[
    {"type": "Group", "notation": [{"@language": "nl", "@value": "Quill & Zn."}]}])  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([linked_part()], "Ada Quill"),
        ([linked_part(), PUBLISHED], "Ada Quill"),
        ([linked_part("Ada Quill (signed by artist)", assigned_by=[
            assigned() | {"motivated_by": [{"classified_as": types(SIGNED)}]}])], "Ada Quill"),
        ([linked_part("Ada Quill (I) (mentioned on object)", assigned_by=[assigned()])], "Ada Quill (I)"),
        ([linked_part("attributed to Ada Quill", assigned_by=[assigned("carried_out_by", ATTRIBUTED)])],
         "qualified_attribution"),
        ([linked_part("toegeschreven aan Ada Quill", assigned_by=[assigned()])], "qualified_attribution"),
        ([linked_part("Ada Quill (possibly)", assigned_by=[assigned("carried_out_by", POSSIBLY)])],
         "qualified_attribution"),
        ([linked_part("workshop of Ada Quill", assigned_by=[assigned(type="Group", id=None)])],
         "qualified_attribution"),
        ([linked_part("after design by Ben Inkwell", assigned_by=[assigned("influenced_by", AFTER)]), linked_part()],
         "qualified_attribution"),
        ([linked_part(), linked_part("Ben Inkwell", assigned_by=[assigned(notation={"@language": "en",
                                                                                   "@value": "Ben Inkwell"})])],
         "several_makers"),
        ([linked_part(), linked_part("", assigned_by=[assigned()])], "several_makers"),
        ([linked_part("anonymous", carried_out_by=[{"type": "Person", "notation": [{"@language": "nl",
                                                                                    "@value": "anoniem"}]}])],
         "unknown_maker"),
        ([linked_part("Quill & Zn.", carried_out_by=PUBLISHED["carried_out_by"])], "not_a_person"),
        ([PUBLISHED], "no_maker"),
        ([linked_part("Ada Quill", assigned_by=[assigned("took_place_at")])], "no_maker"),
    ],
)  # fmt: skip
def test_whose_hand_linked_art_names(parts: list[dict[str, Any]], found: str) -> None:
    assert whose(read_linked(linked_work(7, *parts))) == found


def test_a_production_in_one_piece_and_a_rejected_attribution() -> None:
    """An attribution that was rejected stands beside the parts, and is nobody's then."""
    work = linked_work(7)
    work["produced_by"]["assigned_by"] = [assigned("carried_out_by", ATTRIBUTED)]
    assert sole_maker(read_linked(work).makers).name == "Ada Quill"
    whole = linked_work(7, produced_by=linked_part() | {"timespan": [{"begin_of_the_begin": "1849-01-01T00:00:00Z"}]})
    assert (read_linked(whole).makers, read_linked(whole).year) == ((Maker("Ada Quill", "painter"),), "1849")


@pytest.mark.parametrize(
    ("makers", "reason"),
    [
        ([], "no_maker"),
        ([Maker("")], "no_maker"),
        ([Maker("Ada Quill", "Publisher")], "no_maker"),
        ([Maker("Unknown")], "unknown_maker"),
        ([Maker("anonymous")], "unknown_maker"),
        ([Maker("Anonymous, Italian, 16th century")], "unknown_maker"),
        ([Maker("Unidentified artist"), Maker("onbekend")], "unknown_maker"),
        ([Maker("?")], "unknown_maker"),
        ([Maker("Workshop of Ada Quill")], "qualified_attribution"),
        ([Maker("Ada Quill", link="Workshop of")], "qualified_attribution"),
        ([Maker("Ada Quill", link="Attributed to")], "qualified_attribution"),
        ([Maker("Ada Quill", link="and Workshop")], "qualified_attribution"),
        ([Maker("Ada Quill", link="(?)")], "qualified_attribution"),
        ([Maker("After Ada Quill")], "qualified_attribution"),
        ([Maker("Ada Quill", role="After")], "qualified_attribution"),
        ([Maker("atelier van Ada Quill")], "qualified_attribution"),
        ([Maker("Ada Quill", role="naar tekening van")], "qualified_attribution"),
        ([Maker("Ada Quill (follower of)")], "qualified_attribution"),
        ([Maker("Quill & Co.")], "not_a_person"),
        ([Maker("Inkwell Porcelain Manufactory")], "not_a_person"),
        ([Maker("Quill Brothers")], "not_a_person"),
        ([Maker("Dutch", person=False)], "not_a_person"),
        ([Maker("Ada Quill"), Maker("Ben Inkwell")], "several_makers"),
        ([Maker("Ada Quill and Ben Inkwell")], "several_makers"),
        ([Maker("Ada Quill; Ben Inkwell")], "several_makers"),
        ([Maker("Quill & Inkwell")], "several_makers"),
    ],
)
def test_works_that_are_nobodys_alone(makers: list[Maker], reason: str) -> None:
    with pytest.raises(PassedOver) as passed:
        sole_maker(makers)
    assert passed.value.reason == reason


@pytest.mark.parametrize(
    "name",
    [
        "Herri met de Bles", "Nan Goldin", "Jan van der Heyden", "Jacob Marrel", "Henry Peach Robinson",
        "Master of the Osservanza", "Georges de La Tour", "Anna Parsons", "William Style", "Ōta Nanpo",
        "Hannah Companion", "Jan Maker", "Rosa Bonheur", "葛飾北斎", "Giovanni da Udine", "Ann Sandys",
    ],
)  # fmt: skip
def test_people_are_people(name: str) -> None:
    assert (
        sole_maker([Maker(name, "Artist"), Maker(name, "Etcher"), Maker("Ben Inkwell", "Publisher, Printer")]).name
        == name
    )


def test_who_made_and_published_it_made_it() -> None:
    assert sole_maker([Maker("Ada Quill", "prentmaker, uitgever")]).name == "Ada Quill"


@pytest.mark.parametrize(
    ("display", "titles", "reason"),
    [
        ("Workshop of Ada Quill\nDutch, 1801–1877", ["Ada Quill"], "qualified_attribution"),
        ("After Ada Quill\nDutch, 1801–1877", ["Ada Quill"], "qualified_attribution"),
        ("Ada Quill\nDutch, 1801–1877\nBen Inkwell\nDutch, 1790–1850", ["Ada Quill", "Ben Inkwell"], "several_makers"),
        ("Ada Quill\nDutch, 1801–1877\nBen Inkwell\nDutch, 1790–1850", [], "several_makers"),
        ("German", ["German"], "not_a_person"),
        ("Chimú\nNorth coast, Peru", ["Chimú"], "not_a_person"),
        ("Artist unknown\nDutch, active 1801–1877", ["Unknown"], "unknown_maker"),
        ("", [], "no_maker"),
    ],
)
def test_chicagos_display_lines(display: str, titles: list[str], reason: str) -> None:
    row = artic_artwork(1, artist_display=display, artist_titles=titles, artist_title=next(iter(titles), None))
    with pytest.raises(PassedOver) as passed:
        sole_maker(artic.from_object(row).makers)
    assert passed.value.reason == reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (met_object(1, artistPrefix="Attributed to"), "qualified_attribution"),
        (met_object(1, artistSuffix="and Workshop"), "qualified_attribution"),
        (met_object(1, constituents=[{"name": "Ada Quill"}, {"name": "B. Ink", "role": "Etcher"}]), "several_makers"),
        (met_object(1, artistDisplayName="", constituents=None), "no_maker"),
    ],
)  # fmt: skip
def test_the_mets_doubts(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(PassedOver) as passed:
        sole_maker(met.from_object(row).makers)
    assert passed.value.reason == reason


@pytest.mark.parametrize(
    ("record", "wider", "reason"),
    [
        (Record("1", licence="CC0 1.0"), (), None),
        (Record("1", licence="CC0-1.0"), (), None),
        (Record("1", licence="Public Domain Mark"), (), None),
        (Record("1", licence="https://creativecommons.org/publicdomain/zero/1.0/"), (), None),
        (Record("1", licence="publiek domein"), (), None),
        (Record("1", free=True, licence="whatever"), (), None),
        (Record("1", licence="not in the public domain"), (), "not_public_domain"),
        (Record("1", licence="© the estate"), ("unstated", "CC BY"), "not_public_domain"),
        (Record("1", licence="public domain", free=False), (), "not_public_domain"),
        (Record("1", licence="CC BY 4.0"), ("cc by",), None),
        (Record("1", licence="CC BY-NC 4.0"), ("CC BY",), "not_public_domain"),
        (Record("1", licence="PDX"), (), "not_public_domain"),
        (Record("1"), (), "licence_unstated"),
        (Record("1"), ("CC BY",), "licence_unstated"),
        (Record("1"), ("unstated",), None),
        (Record("1"), ("any",), None),
        (Record("1", free=False), ("any",), None),
    ],
)
def test_licences(record: Record, wider: tuple[str, ...], reason: str | None) -> None:
    if reason is None:
        check_licence(record, wider=wider)
        return
    with pytest.raises(PassedOver) as passed:
        check_licence(record, wider=wider)
    assert passed.value.reason == reason


def test_names_and_dates() -> None:
    assert names_of(Maker("Rembrandt (Rembrandt van Rijn)")) == ("Rembrandt", "Rembrandt van Rijn")
    assert names_of(Maker("Raphael (Raffaello Sanzio or Santi)")) == ("Raphael", "Raffaello Sanzio")
    assert names_of(Maker("Ada Quill (1801–1877)")) == ("Ada Quill",)
    assert [forwards(n) for n in ("Rijn, Rembrandt van", "Quill, the Elder", "A, B, C", "Quill, Jr.", "Quill")] == [
        "Rembrandt van Rijn", "Quill the Elder", "A, B, C", "Quill Jr.", "Quill",
    ]  # fmt: skip
    assert [year_of(v) for v in ("1606-07-15", "1746      ", 1606, "9999", "", None, "c. 1600", "0")] == [
        1606, 1746, 1606, None, None, None, None, None,
    ]  # fmt: skip
    assert life_in("French, Paris 1848–1903 Atuona") == (1848, 1903)
    assert life_in("American, born 1934") == (1934, None)
    assert life_in("Dutch, active 1620–1640") == (None, None)
    assert (file_key("67.241"), file_key("RP-P-OB 43.413"), file_key("…")) == ("67-241", "rp-p-ob-43-413", "")


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MAPPING = {name: name for name in mapped.FIELDS}


@pytest.mark.parametrize(
    ("read", "keys"),
    [
        (met.from_table, MET_COLUMNS),
        (met.from_object, list(met_object(1))),
        (artic.from_object, list(artic_artwork(1))),
        (rijksmuseum.from_table, RIJKS_COLUMNS),
        (rijksmuseum.from_object, [*rijks_entry(1), *rijks_object(1)]),
        (lambda row: linked_art.from_object(linked_work(1) | row, {}), list(linked_work(1))[3:]),
        (lambda row: mapped.from_row(row, MAPPING), list(mapped.FIELDS)),
    ],
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_odd_rows_become_text_or_are_passed_over(
    read: Callable[[Any], Record], keys: list[str], data: st.DataObject
) -> None:
    row = data.draw(st.dictionaries(st.sampled_from(keys), odd, max_size=12))
    record = read(row)

    texts = [record.id, record.title, record.year, record.style, record.licence, record.source, record.picture,
             *(maker.name for maker in record.makers)]  # fmt: skip
    assert all(isinstance(text, str) for text in texts)
    for text in texts:
        text.encode()  # no half of a pair, which no database keeps
        assert "\x00" not in text
        assert "\n" not in text
    with contextlib.suppress(PassedOver):
        check_licence(record, wider=["any"])
        assert sole_maker(record.makers).name


def test_mappings(tmp_path: Any) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"artist": "who.name", "title": "what", "born": "who.life"}))
    mapping = mapped.read_mapping([str(tmp_path / "map.json"), "born=who.born", "file=scan"])
    row = {"who": {"name": "Quill, Ada", "born": 1801}, "what": "Study", "scan": "a/b.tif"}

    assert mapping == {"artist": "who.name", "title": "what", "born": "who.born", "file": "scan"}
    assert mapped.missing_columns(mapping, row) == []
    assert mapped.missing_columns(mapping, {"what": ""}) == ["who.name", "who.born", "scan"]
    record = mapped.from_row(row, mapping)
    assert (record.makers, record.names, record.id) == ((Maker("Ada Quill", born=1801),), ("a/b",), "a/b.tif")


@pytest.mark.parametrize(
    "told", [["maker"], ["x=y", "artist=a"], ["title=t"], ["absent.json"], ["list.json"], ["bad.json"]]
)
def test_mappings_that_cannot_be_used(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(mapped.BadMapping):
        mapped.read_mapping(told)
