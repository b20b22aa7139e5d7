import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.marking import containers, xmp
from provenance.marking.errors import MarkingError
from provenance.marking.read import read
from provenance.marking.tc260 import aigc, writable
from tests.factories import make_png

ALLOWED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')
NUMBERS = st.text(ALLOWED, min_size=1, max_size=32)


def test_first_writing_repeats_the_producer_as_propagator() -> None:
    text = aigc(producer="00191110108MA01234567X", produce_id="0123456789abcdef0123456789abcdef", integrity="sha256:ab")
    assert text == (
        '{"Label":"1","ContentProducer":"00191110108MA01234567X","ProduceID":"0123456789abcdef0123456789abcdef",'
        '"ReservedCode1":"sha256:ab","ContentPropagator":"00191110108MA01234567X",'
        '"PropagateID":"0123456789abcdef0123456789abcdef","ReservedCode2":"sha256:ab"}'
    )


@given(NUMBERS, NUMBERS, st.text(ALLOWED, max_size=64))
def test_whatever_is_allowed_comes_back_out_of_the_file(producer: str, number: str, integrity: str) -> None:
    text = aigc(producer=producer, produce_id=number, integrity=integrity)
    assert "\n" not in text
    assert text.isascii()
    picture = containers.put_xmp_in_png(make_png(), xmp.build({"TC260:AIGC": text}))
    (mark,) = read(picture)
    assert mark.standard == "tc260"
    assert mark.fields == json.loads(text)
    assert list(mark.fields) == [
        *("Label", "ContentProducer", "ProduceID", "ReservedCode1"),
        *("ContentPropagator", "PropagateID", "ReservedCode2"),
    ]


@given(st.text(min_size=1))
def test_nothing_else_is_ever_written(text: str) -> None:
    if all(sign in ALLOWED for sign in text):
        assert writable(text)
        return
    with pytest.raises(MarkingError) as caught:
        aigc(producer=text, produce_id="1")
    assert caught.value.code == "provider_code_invalid"


@pytest.mark.parametrize(
    ("producer", "number", "code"),
    [
        ("", "1", "provider_code_missing"),
        ("a b", "1", "provider_code_invalid"),
        ("a", "", "content_number_invalid"),
        ("a", "1" * 33, "content_number_invalid"),
        ("a", "é", "content_number_invalid"),
    ],
)
def test_what_is_missing_is_named(producer: str, number: str, code: str) -> None:
    with pytest.raises(MarkingError) as caught:
        aigc(producer=producer, produce_id=number)
    assert caught.value.code == code
