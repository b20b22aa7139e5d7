"""The Chinese catalogue says everything the source says.

To mend a failure: ``manage.py makemessages -l zh_Hans --add-location file --no-wrap -i .venv -i var -i docs -i tests``,
translate what is new, and ``manage.py compilemessages -i .venv`` (both need GNU gettext).
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES"
PACKAGES = ("config", "generation", "idempotency", "similarity", "provenance")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}


def fields_of() -> Iterator[dict[str, str]]:
    """Each entry of the .po file: ``msgid``, perhaps ``msgid_plural``, and its ``msgstr`` or ``msgstr[0]``."""
    for block in (CATALOGUE / "django.po").read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line):
                name = match[1]
                fields[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                fields[name] += ast.literal_eval(line)
        if fields.get("msgid"):
            yield fields


def said_in(fields: dict[str, str]) -> list[str]:
    return [text for key, text in fields.items() if key.startswith("msgstr")]


def entries() -> dict[str, list[str]]:
    """Each source sentence with its translations."""
    return {fields["msgid"]: said_in(fields) for fields in fields_of()}


def spoken() -> Iterator[tuple[str, str]]:
    """Every sentence marked for translation, with the file it stands in."""
    for package in PACKAGES:
        root = settings.BASE_DIR / package
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS and node.args:
                    text = node.args[0]
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        yield str(path.relative_to(settings.BASE_DIR)), text.value
        for path in root.rglob("*.html"):
            source = templatize(path.read_text(), origin=str(path))
            for literal in re.findall(r"gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", source):
                yield str(path.relative_to(settings.BASE_DIR)), ast.literal_eval(literal)


def test_every_sentence_is_in_the_catalogue() -> None:
    known = entries()

    assert [(place, text) for place, text in spoken() if text not in known] == []


def test_every_entry_is_translated() -> None:
    known = entries()

    assert len(known) > 300
    assert [text for text, translations in known.items() if not all(translations)] == []
    assert "fuzzy" not in (CATALOGUE / "django.po").read_text()


@pytest.mark.parametrize("pattern", [r"%\(\w+\)[sd]", r"</?\w+"])
def test_placeholders_and_markup_survive_translation(pattern: str) -> None:
    """Chinese says every number in one form: that of the plural, where English has one."""
    changed = [
        text
        for fields in fields_of()
        for translation in said_in(fields)
        if set(re.findall(pattern, text := fields.get("msgid_plural", fields["msgid"])))
        != set(re.findall(pattern, translation))
    ]

    assert changed == []


def test_the_compiled_file_is_the_written_one() -> None:
    with (CATALOGUE / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)

    for text, translations in entries().items():
        said = catalogue.gettext(text) if len(translations) == 1 else catalogue.ngettext(text, text, 2)
        assert said in translations or catalogue.ngettext(text, text, 2) in translations, text
