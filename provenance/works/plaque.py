"""The plaque: a PDF to hang beside a print, whose code and whose picture both lead back to the record."""

import io
from dataclasses import dataclass

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from PIL import Image

from generation import blobs
from provenance.credentials.text import clean
from provenance.works.errors import WorkError
from provenance.works.models import Version
from provenance.works.pdf_font import font_for
from provenance.works.verify import Verification, verify

# Millimetres: an A5 sheet lying down.
PAGE = (210.0, 148.0)
MARGIN = 14.0
PICTURE = (96.0, 104.0)
CODE = 38.0
PICTURE_PIXELS = 1200
LONGEST_TITLE = 160


@dataclass(frozen=True)
class Plaque:
    """What stands on it, beside picture and code."""

    title: str
    lines: tuple[str, ...]
    address: str


def plaque_pdf(version: Version, *, address: str) -> bytes:
    """A one-page PDF for a published *version*; *address* is the absolute URL of its public page.

    Raises :class:`WorkError` ``not_published``, ``plaque_font_missing`` when no font here has the title's
    letters, and ``FileNotFoundError`` when the file is gone.
    """
    if version.status != Version.Status.PUBLISHED:
        raise WorkError("not_published", _("Only a published version has a plaque."), field="version")
    data = blobs.get(version.blob)
    return _drawn(_said(version, verify(data), address), _picture(data))


def _said(version: Version, found: Verification, address: str) -> Plaque:
    """Plain words, all of them from the published file: nothing else is for strangers."""
    manifest = found.manifest or {}
    title = clean(version.work.title).strip()
    published = timezone.localtime(version.published_at) if version.published_at else None
    signer = manifest.get("signer") or {}
    lines = [found.summary]
    if signer:
        by = {"signer": signer.get("organisation") or signer.get("name") or _("an unnamed signer")}
        lines.append(_("Signed by %(signer)s.") % by)
    if published:
        lines.append(_("Published on %(day)s.") % {"day": formats.date_format(published, "DATE_FORMAT")})
    lines.append(_("The code leads to the full record. So does a photograph of the picture, on the verify page there."))
    return Plaque(title[:LONGEST_TITLE] or _("Untitled"), tuple(clean(line) for line in lines), address)


def _picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        rgb = picture.convert("RGB")
    rgb.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS), Image.Resampling.LANCZOS)
    return rgb


def _drawn(plaque: Plaque, picture: Image.Image) -> bytes:
    from fpdf import FPDF

    # Sizes in millimetres; FPDF's own "A5" warns that its numbers changed once.
    pdf = FPDF(orientation="L", unit="mm", format=(PAGE[1], PAGE[0]))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_page()
    family = font_for(pdf, "".join((plaque.title, *plaque.lines, plaque.address)))
    pdf.set_title(plaque.title)
    pdf.set_creator(settings.SERVICE_NAME)
    scale = min(PICTURE[0] / picture.width, PICTURE[1] / picture.height)
    width, height = picture.width * scale, picture.height * scale
    left, top = MARGIN + (PICTURE[0] - width) / 2, (PAGE[1] - height) / 2
    pdf.image(picture, left, top, width, height)
    at, wide = MARGIN + PICTURE[0] + 12, PAGE[0] - PICTURE[0] - 12 - 2 * MARGIN
    pdf.set_xy(at, MARGIN + 2)
    pdf.set_font(family, size=17 if len(plaque.title) <= 60 else 12)
    pdf.multi_cell(wide, 8 if len(plaque.title) <= 60 else 6, plaque.title, align="L", new_x="LEFT", new_y="NEXT")
    pdf.ln(3)
    pdf.set_font(family, size=9)
    for line in plaque.lines:
        pdf.set_x(at)
        pdf.multi_cell(wide, 4.6, line, align="L", new_x="LEFT", new_y="NEXT")
        pdf.ln(1.4)
    bottom = PAGE[1] - MARGIN
    pdf.image(_code(plaque.address), at, bottom - CODE - 6, CODE, CODE)
    pdf.set_font(family, size=6.5)
    pdf.set_xy(at, bottom - 5)
    pdf.multi_cell(wide, 2.8, plaque.address, align="L")
    return bytes(pdf.output())


def _code(address: str) -> Image.Image:
    import segno

    out = io.BytesIO()
    segno.make(address, error="q", micro=False).save(out, kind="png", scale=8, border=4)
    return Image.open(io.BytesIO(out.getvalue()))
