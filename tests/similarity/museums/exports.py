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
