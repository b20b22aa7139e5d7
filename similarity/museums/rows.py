"""The rows of an export, whatever holds them: a CSV, JSON, JSON lines, or a folder of JSON files."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from similarity.errors import SimilarityError

# Where the answers of museums' services keep their list, or their one object.
_LISTS = ("data", "artObjects", "artObject", "records", "items", "objects", "works")
_CSV, _LINES, _JSON = (".csv", ".tsv"), (".jsonl", ".ndjson"), (".json",)
SUFFIXES = frozenset({*_CSV, *_LINES, *_JSON})


@dataclass
class Export:
    """Rows with what they lie in: (label, row, document). ``refused`` fills while they are read.

    The document is the whole JSON a row lies in, or None for a table.
    """

    path: Path
    refused: list[tuple[str, SimilarityError]] = field(default_factory=list)

    @property
    def is_table(self) -> bool:
        return self.path.suffix.lower() in _CSV

    def rows(self) -> Iterator[tuple[str, dict[str, Any], Any]]:
        """Raises ``SimilarityError`` ``export_unreadable`` when the one file there is cannot be read.

        In a folder, and line by line, what cannot be read is refused and passed over.
        """
        self.refused.clear()
        if self.path.is_dir():
            for file in files_below(self.path):
                try:
                    yield from _rows_of_json(file.name, _document(file))
                except SimilarityError as error:
                    self.refused.append((file.name, error))
        elif self.is_table:
            yield from _rows_of_table(self.path)
        elif self.path.suffix.lower() in _LINES:
            yield from self._rows_of_lines()
        else:
            yield from _rows_of_json(self.path.name, _document(self.path))

    def first_row(self) -> dict[str, Any]:
        """The first row, or none: what an export is recognised by."""
        if self.is_table:
            return dict.fromkeys(_header(self.path), "")
        return next((row for _label, row, _document in self.rows()), {})

    def _rows_of_lines(self) -> Iterator[tuple[str, dict[str, Any], Any]]:
        try:
            with self.path.open(encoding="utf-8-sig") as f:
                for number, line in enumerate(f, start=1):
                    label = f"{self.path.name}:{number}"
                    try:
                        yield from _rows_of_json(label, json.loads(line)) if line.strip() else ()
                    except (ValueError, RecursionError) as error:
                        self.refused.append((label, _unreadable(error)))
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error


def files_below(folder: Path) -> list[Path]:
    """The JSON files of a dump: in the folder, or in its ``artworks`` or ``json/artworks``. Sorted as numbers are."""
    for place in (folder, folder / "artworks", folder / "json" / "artworks"):
        found = [path for path in place.glob("*.json") if path.name not in ("config.json", "info.json")]
        if found:
            return sorted(found, key=lambda path: (len(path.stem), path.stem))
    return []


def _document(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(error) from error


def _rows_of_json(label: str, document: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
    held: Any = document
    if isinstance(document, dict):
        # A work may have a key of such a name that holds text; only what could be rows counts.
        held = next((document[name] for name in _LISTS if isinstance(document.get(name), dict | list)), document)
    rows = held if isinstance(held, list) else [held]
    if held is not document and not all(isinstance(row, dict) for row in rows):
        rows = [document]
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            yield (f"{label}:{number}" if len(rows) > 1 else label), row, document


def _rows_of_table(path: Path) -> Iterator[tuple[str, dict[str, Any], Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            table = csv.DictReader(f, delimiter=_delimiter(f.readline()), restval="")
            f.seek(0)
            for line in table:
                row = {name.strip(): value for name, value in line.items() if name is not None}
                yield f"{path.name}:{table.line_num}", row, None
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def _header(path: Path) -> list[str]:
    """Of a file that cannot be read, nothing: what is wrong with it is said when its rows are read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as f:
            line = f.readline()
    except OSError:
        return []
    return [name.strip() for name in next(iter(csv.reader([line], delimiter=_delimiter(line))), [])]


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _unreadable(error: Exception) -> SimilarityError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SimilarityError("export_unreadable", _("The export cannot be read."), note=f"{why}.")
