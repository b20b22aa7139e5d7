"""Text that may stand in a signed field. Pure."""

import re

# Bidirectional overrides and isolates, interlinear annotation, byte-order mark, the tag block,
# lone surrogates and noncharacters: invisible characters with which a signed text can be made to
# read as something else (C2PA 2.5 forbids them; the SDK writes them all the same).
_INVISIBLE = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\U000e0000-\U000e007f"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def clean(text: str, *, lines: bool = False) -> str:
    """Return *text* without control, bidi, tag and lone surrogate characters.

    Line breaks and tabs become one space each, or ``\\n`` and ``\\t`` when *lines* is true.
    Applying it twice changes nothing more.
    """
    text = _BREAK.sub("\n" if lines else " ", text)
    if not lines:
        text = text.replace("\t", " ")
    return _INVISIBLE.sub("", _CONTROL.sub("", text))
