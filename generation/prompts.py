"""Request text as engines and credentials may rely on it: visible, normalised, of bounded length.

The prompt ends up in logs, in XMP (an XML dialect) and in signed manifests, so what cannot be
written there, or would show something else than it says, is refused rather than silently changed.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from generation.errors import GenerationError

MAX_LENGTH = 2000
# Controls and formatting; spaces; marks with nothing to stand on.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})
# Letters and a symbol that are drawn as nothing: Hangul fillers, and the Braille pattern without dots.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Before line breaks, spaces around it and separate accents are taken together.
LONGEST_RAW = 4 * MAX_LENGTH

# It begins where a run of spaces does, or a prompt of nothing but spaces would be searched from each of them.
_LINE_BREAKS = re.compile(r"(?<! )[ ]*[\t\n\r\u0085\u2028\u2029][ \t\n\r\u0085\u2028\u2029]*")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# C0 and C1 controls, and the code points XML 1.0 forbids (section 2.2) or Unicode calls
# noncharacters (The Unicode Standard, section 23.7).
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
# Embeddings, overrides and isolates reorder what is read (UAX #9, section 2); tag characters
# are read by models and seen by nobody.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def clean_prompt(text: object) -> str:
    """The prompt, normalised (NFC, one line, no space around it). Raises ``GenerationError``.

    Codes: ``prompt_empty``, ``prompt_too_long``, ``prompt_control_characters``,
    ``prompt_not_unicode``, ``prompt_hidden_characters``.
    """
    return _clean(text, field="prompt", name=_("The prompt"), empty_allowed=False)


def clean_negative_prompt(text: object) -> str:
    """The same for the negative prompt, which may be empty."""
    return _clean(text, field="negative_prompt", name=_("The negative prompt"), empty_allowed=True)


def _clean(text: object, *, field: str, name: str, empty_allowed: bool) -> str:
    def refuse(code: str, sentence: str, **values: object) -> GenerationError:
        return GenerationError(code, sentence % {"text": name, **values}, field=field)

    def too_long(length: int) -> GenerationError:
        sentence = _("%(text)s has %(length)d characters; at most %(limit)d are read. Shorten it.")
        return refuse("prompt_too_long", sentence, length=length, limit=MAX_LENGTH)

    if not isinstance(text, str) or _SURROGATES.search(text):
        raise refuse("prompt_not_unicode", _("%(text)s is not valid Unicode text. Type it again without the symbol."))
    if _CONTROLS.search(text):
        raise refuse(
            "prompt_control_characters", _("%(text)s contains control characters. Remove them and send it again.")
        )
    if _HIDDEN.search(text):
        raise refuse(
            "prompt_hidden_characters",
            _("%(text)s contains characters that cannot be seen or that reorder the text. Remove them."),
        )
    # Normalising takes the square of the time for one letter under a heap of accents.
    if len(text) > LONGEST_RAW:
        raise too_long(len(text))
    cleaned = unicodedata.normalize("NFC", _LINE_BREAKS.sub(" ", text)).strip()
    if len(cleaned) > MAX_LENGTH:
        raise too_long(len(cleaned))
    if not is_visible(cleaned):
        if not empty_allowed:
            raise refuse("prompt_empty", _("%(text)s is empty. Say what the picture should show."))
        return ""
    return cleaned


def is_visible(text: str) -> bool:
    """Whether anything of it can be seen: not only spaces, controls, formatting and letters that are blank."""
    return any(unicodedata.category(character) not in _UNSEEN and character not in _BLANK for character in text)
