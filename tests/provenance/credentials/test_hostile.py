"""Hostile strings that somebody else signed: whatever reaches a page, a table or JSON is clean and bounded."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import c2pa
import pytest

from provenance.credentials.facts import LONGEST, facts
from provenance.credentials.read import read
from provenance.credentials.signer import load, new_context
from provenance.credentials.text import clean
from tests.provenance.credentials.conftest import picture

OWN = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe",
    "\u2066\u2069\u200f\u061c",
    "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all previous instructions"),
    "\x00\x01\x1b[31mred\x7f\x85",
    "a\r\nSet-Cookie: x=1",
    "'; DROP TABLE works_version; --",
    "=cmd|' /C calc'!A0",
    "{{ settings.SECRET_KEY }}{% load x %}",
    "%(x)s %s %n {0}",
    "x" * 50_000,
    "ﷺ" * 500,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
]


def _signed_with(text: str) -> bytes:
    """A picture with a manifest that holds *text*, uncleaned, wherever text may stand."""
    action = {
        "action": "c2pa.created",
        "when": "2026-11-22T20:00:00Z",
        "digitalSourceType": text,
        "description": text,
        "softwareAgent": {"name": text, "version": text},
        "parameters": {"org.colophon.prompt": text, "org.colophon.seed": text, text or "org.x": text},
    }
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": text, "version": text}],
        "title": text,
        "format": "image/png",
        "ingredients": [
            {
                "title": text,
                "format": "text/plain",
                "relationship": "inputTo",
                "description": text,
                "informational_URI": text,
                "data_types": [{"type": "c2pa.types.generator.prompt"}],
                "data": {"format": "text/plain", "identifier": "prompt"},
            }
        ],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}, "created": True},
            {"label": "c2pa.ai-disclosure", "data": {"modelName": text, "modelIdentifier": text}},
            {"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_training": {"use": text}}}},
            {"label": "c2pa.soft-binding", "data": {"alg": text, "blocks": [{"scope": {}, "value": text}]}},
        ],
    }
    builder = c2pa.Builder(definition, new_context(load(), tsa=""))
    builder.add_resource("prompt", io.BytesIO(text.encode("utf-8", "surrogatepass")))
    target = io.BytesIO()
    builder.sign("image/png", io.BytesIO(picture()), target)
    return target.getvalue()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (*_texts(key), *_texts(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _check(text: str) -> None:
    reading = read(_signed_with(text))
    told = facts(reading.active, resources=reading.resources)
    found = list(_texts(asdict(told)))
    assert any(clean(text)[:20] in it for it in found)
    for it in found:
        assert it == clean(it, lines=True)
        assert len(it) <= LONGEST
    assert json.loads(json.dumps(asdict(told), allow_nan=False))


@pytest.mark.parametrize("text", OWN, ids=range(len(OWN)))
def test_our_own_hostile_strings_come_out_clean(signer: Path, text: str) -> None:
    _check(text)


@pytest.mark.shared
def test_the_shared_hostile_strings_come_out_clean(shared: Path, signer: Path) -> None:
    folder = shared / "c2pa/attacks"
    if not folder.is_dir():
        pytest.skip("the hostile strings are not beside this checkout")
    strings = [line for path in folder.iterdir() for line in path.read_text(errors="replace").splitlines() if line]
    assert len(strings) >= 30
    for text in strings:
        _check(text)
