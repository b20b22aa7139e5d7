"""A font for a PDF: one that has the letters, Latin and Chinese alike."""

import weakref
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from provenance.works.errors import WorkError

# Where Debian, Fedora, Alpine and macOS keep a font with both Latin and Chinese letters; the first that is there.
# The number is the face inside a collection.
FONTS = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 0),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 0),
)
# One of the fonts that every reader of PDF has; it knows Latin-1 only.
PLAIN = "Helvetica"
NAME = "letters"


def font_for(pdf: Any, text: str) -> str:
    """The name of a font of *pdf* that has every letter of *text*. Raises ``WorkError`` ``plaque_font_missing``."""
    family, missing = best_font_for(pdf, text)
    if missing:
        raise WorkError(
            "plaque_font_missing",
            _(
                "No font of this service has all letters of this title. Its operator can name one "
                "(COLOPHON_PLAQUE_FONT)."
            ),
        )
    return family


def best_font_for(pdf: Any, text: str) -> tuple[str, set[str]]:
    """The name of the font of *pdf* that has most of the letters of *text*, and the letters it does not have."""
    wanted = {letter for letter in text if letter.isprintable() and not letter.isspace()}
    best, missing = None, {letter for letter in wanted if ord(letter) > 255}
    for path, face in ((settings.PLAQUE_FONT, 0), *FONTS):
        if not path or not Path(path).is_file():
            continue
        held = _letters(path, face)
        without = {letter for letter in wanted if ord(letter) not in held}
        if best is None or len(without) < len(missing):
            best, missing = (path, face), without
        if not without:
            break
    if best is None:
        return PLAIN, missing
    pdf.add_font(NAME, fname=best[0], collection_font_number=best[1])
    # fpdf reads the font's file while it draws and never closes it.
    weakref.finalize(pdf, next(reversed(pdf.fonts.values())).ttfont.close)
    return NAME, missing


@cache
def _letters(path: str, face: int) -> frozenset[int]:
    """Code points a font file has."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=face, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())
