"""Exports as museums publish them: their columns and keys, with works that never were."""

import csv
import json
from pathlib import Path
from typing import Any

MET_COLUMNS = next(
    csv.reader(
        [
            """Object Number,Is Highlight,Is Timeline Work,Is Public Domain,Object ID,Gallery Number,Department,\
AccessionYear,Object Name,Title,Culture,Period,Dynasty,Reign,Portfolio,Constituent ID,Artist Role,Artist Prefix,\
Artist Display Name,Artist Display Bio,Artist Suffix,Artist Alpha Sort,Artist Nationality,Artist Begin Date,\
Artist End Date,Artist Gender,Artist ULAN URL,Artist Wikidata URL,Object Date,Object Begin Date,Object End Date,Medium,\
Dimensions,Credit Line,Geography Type,City,State,County,Country,Region,Subregion,Locale,Locus,Excavation,River,\
Classification,Rights and Reproduction,Link Resource,Object Wikidata URL,Metadata Date,Repository,Tags,Tags AAT URL,\
Tags Wikidata URL"""
        ]
    )
)
RIJKS_COLUMNS = [
    "objectInventoryNumber", "objectPersistentIdentifier", "objectTitle[1]", "objectTitle[2]", "objectType[1]",
    "objectCreator[1]", "objectCreator[2]", "objectCreationDate[1]", "objectImage",
]  # fmt: skip


def met_line(number: int, **told: str) -> dict[str, str]:
    """A free painting by Ada Quill, but for what is *told* (spaces in column names as underscores)."""
    line = dict.fromkeys(MET_COLUMNS, "") | {
        "Object Number": f"67.{number}",
        "Is Public Domain": "True",
        "Object ID": str(number),
        "Title": f"Study {number}",
        "Artist Role": "Artist",
        "Artist Display Name": "Ada Quill",
        "Artist Begin Date": "1801      ",
        "Artist End Date": "1877      ",
        "Object Date": "ca. 1850",
        "Classification": "Paintings",
        "Link Resource": f"http://www.metmuseum.org/art/collection/search/{number}",
    }
    return line | {name.replace("_", " "): value for name, value in told.items()}


def met_object(number: int, **told: Any) -> dict[str, Any]:
    return {
        "objectID": number,
        "isHighlight": False,
        "accessionNumber": f"67.{number}",
        "isPublicDomain": True,
        "primaryImage": "",
        "primaryImageSmall": "",
        "additionalImages": [],
        "constituents": [{"constituentID": 1, "role": "Artist", "name": "Ada Quill", "gender": "Female"}],
        "title": f"Study {number}",
        "artistRole": "Artist",
        "artistPrefix": "",
        "artistDisplayName": "Ada Quill",
        "artistSuffix": "",
        "artistBeginDate": "1801",
        "artistEndDate": "1877",
        "objectDate": "ca. 1850",
        "classification": "Paintings",
        "rightsAndReproduction": "",
        "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}",
    } | told


def artic_artwork(number: int, **told: Any) -> dict[str, Any]:
    return {
        "id": number,
        "api_model": "artworks",
        "api_link": f"https://api.artic.edu/api/v1/artworks/{number}",
        "title": f"Study {number}",
        "main_reference_number": f"1887.{number}",
        "date_display": "c. 1850",
        "artist_display": "Ada Quill\nDutch, 1801–1877",
        "is_public_domain": True,
        "copyright_notice": None,
        "artist_id": 1,
        "artist_title": "Ada Quill",
        "artist_ids": [1],
        "artist_titles": ["Ada Quill"],
        "style_title": None,
        "style_titles": [],
        "classification_title": "etching",
        "image_id": f"00000000-0000-4000-8000-{number:012d}",
    } | told


def rijks_entry(number: int, **told: Any) -> dict[str, Any]:
    """An entry of a list."""
    return {
        "links": {"self": f"http://www.rijksmuseum.nl/api/en/collection/SK-Q-{number}",
                  "web": f"http://www.rijksmuseum.nl/en/collection/SK-Q-{number}"},
        "id": f"en-SK-Q-{number}",
        "objectNumber": f"SK-Q-{number}",
        "title": f"Study {number}",
        "hasImage": True,
        "principalOrFirstMaker": "Ada Quill",
        "longTitle": f"Study {number}, Ada Quill, c. 1850",
        "showImage": True,
        "permitDownload": True,
        "webImage": {"guid": "0", "width": 2500, "height": 2000, "url": ""},
        "productionPlaces": [],
    } | told  # fmt: skip


def rijks_object(number: int, **told: Any) -> dict[str, Any]:
    """A single object."""
    maker = {"name": "Ada Quill", "unFixedName": "Quill, Ada", "dateOfBirth": "1801-07-15", "dateOfDeath": "1877-10-08",
             "roles": ["painter"], "qualification": None}  # fmt: skip
    return {
        "links": {"search": "http://www.rijksmuseum.nl/api/en/collection"},
        "id": f"en-SK-Q-{number}",
        "objectNumber": f"SK-Q-{number}",
        "title": f"Study {number}",
        "copyrightHolder": None,
        "webImage": {"guid": "0", "url": ""},
        "objectTypes": ["painting"],
        "makers": [],
        "principalMakers": [maker],
        "principalMaker": "Ada Quill",
        "dating": {"presentingDate": "c. 1850", "sortingDate": 1850},
        "hasImage": True,
        "principalOrFirstMaker": "Ada Quill",
    } | told


def rijks_line(number: int, **told: str) -> dict[str, str]:
    return dict.fromkeys(RIJKS_COLUMNS, "") | {
        "objectInventoryNumber": f"SK-Q-{number}",
        "objectPersistentIdentifier": f"http://hdl.handle.net/10934/RM0001.COLLECT.{number}",
        "objectTitle[1]": f"Study {number}",
        "objectType[1]": "schilderij",
        "objectCreator[1]": "Quill, Ada",
        "objectCreationDate[1]": "1850",
    } | told  # fmt: skip


RIJKS, AAT, CC = "https://id.rijksmuseum.nl/", "http://vocab.getty.edu/aat/", "https://creativecommons.org/"


def types(*ids: str) -> list[dict[str, str]]:
    return [{"id": id, "type": "Type"} for id in ids]


def tongue(english: bool) -> list[dict[str, str]]:
    return [{"id": AAT + ("300388277" if english else "300388256"), "type": "Language"}]


def notation(dutch: str, english: str) -> list[dict[str, str]]:
    return [{"@language": "nl", "@value": dutch}, {"@language": "en", "@value": english}]


def linked_part(
    stated: str = "Ada Quill", role: tuple[str, str] = ("schilder", "painter"), **told: Any
) -> dict[str, Any]:
    """A part of a production, by Ada Quill outright unless *told* says who carried it out, or is assigned to it."""
    statement = {"type": "LinguisticObject", "content": stated, "language": tongue(True)}
    if not told:
        told = {
            "carried_out_by": [{"id": RIJKS + "2101", "type": "Person", "notation": notation("Ada Quill", "Ada Quill")}]
        }
    return {
        "type": "Production",
        "technique": [{"id": RIJKS + "220290", "type": "Type", "notation": notation(*role)}],
        "classified_as": types(AAT + "300404450"),
        "referred_to_by": [
            {**statement, "content": f"{role[1]}: {stated}, Amsterdam", "classified_as": [AAT + "300435416"]},
            {**statement, "classified_as": [AAT + "300435417"]},
        ],
    } | told  # fmt: skip


def assigned(property: str = "carried_out_by", *classes: str, **person: Any) -> dict[str, Any]:
    return {
        "type": "AttributeAssignment",
        "assigned_property": property,
        "assigned": [{"id": RIJKS + "2101", "type": "Person"} | person],
    } | ({"classified_as": types(*classes)} if classes else {})


def linked_work(number: int, *parts: dict[str, Any], **told: Any) -> dict[str, Any]:
    """The object itself. Its CC0 is the record's."""
    name = {"type": "Name", "classified_as": types(AAT + "300404670", AAT + "300417200")}
    return {
        "@context": "https://linked.art/ns/v1/linked-art.json",
        "id": f"{RIJKS}200{number}",
        "type": "HumanMadeObject",
        "identified_by": [
            {"type": "Name", "content": f"Former title {number}", "language": tongue(True)},
            {"type": "Identifier", "content": f"SK-Q-{number}",
             "classified_as": types(RIJKS + "22015218", AAT + "300312355")},
            {**name, "content": f"Studie {number}", "language": tongue(False)},
            {**name, "content": f"Study {number}", "language": tongue(True)},
        ],
        "classified_as": [{"id": RIJKS + "2201", "type": "Type", "notation": notation("schilderij", "painting")}],
        "produced_by": {
            "type": "Production",
            "timespan": {
                "type": "TimeSpan",
                "identified_by": [{"type": "Name", "content": "ca. 1850", "language": tongue(False)},
                                  {"type": "Name", "content": "c. 1850", "language": tongue(True)}],
                "begin_of_the_begin": "1849-01-01T00:00:00Z",
            },
            "part": list(parts) or [linked_part()],
        },
        "shows": [{"id": f"{RIJKS}202{number}", "type": "VisualItem"}],
        "subject_of": [
            {"id": f"https://data.rijksmuseum.nl/200{number}", "type": "LinguisticObject",
             "subject_to": [{"type": "Right", "classified_as": types(CC + "publicdomain/zero/1.0/")}]},
        ],
    } | told  # fmt: skip


def linked_others(
    number: int, *, rights: str = CC + "publicdomain/mark/1.0/", picture: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the object refers to: its visual item and its picture."""
    digital = {"id": f"{RIJKS}500{number}", "type": "DigitalObject"}
    return (
        {"id": f"{RIJKS}202{number}", "type": "VisualItem", "digitally_shown_by": [digital],
         "subject_to": [{"type": "Right", "classified_as": types(rights)}]},
        {**digital, "access_point": [{"id": picture or f"https://iiif.micr.io/Abc{number}/full/max/0/default.jpg"}]},
    )  # fmt: skip


def write_csv(path: Path, lines: list[dict[str, str]], *, delimiter: str = ",", bom: bool = True) -> Path:
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as f:
        table = csv.DictWriter(f, list(lines[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(lines)
    return path


def write_json(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path
