"""``manage.py audit-model NAME``: which artists a model leans on.

The file has a hyphen because the command has one; Django imports it by that name.
"""

import re
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from generation.prompts import clean_prompt
from provenance.audits.audit_model import ModelAudit, audit_model, flags
from provenance.audits.lines import set_sentences
from provenance.audits.wording import tell
from provenance.audits.write_folder import INDEX, Page, Section, Table, counts, entry, write_page
from similarity.errors import SimilarityError
from similarity.models import Artist
from similarity.report_lines import CodedCommand, Stopped, json_line, readable, unwritable

COUNT, EACH, MOST = 60, 4, 10_000
RESULT = "result.json"


class Command(CodedCommand):
    help = (
        "Have a model draw a grid of neutral prompts and tell which artists it leans on, as a table, JSON and a page. "
        "Goes on where it was interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help=f"one of: {', '.join(settings.MODELS)}")
        parser.add_argument("--prompts", type=Path, metavar="FILE", help="prompts, one a line, instead of neutral ones")
        parser.add_argument("--count", type=int, default=COUNT, help=f"how many pictures it draws (default {COUNT})")
        parser.add_argument(
            "--artists", default="", metavar="SLUG,…", help="draw “in the style of” these, too, and see who is told"
        )
        parser.add_argument("--each", type=int, default=EACH, help=f"pictures for each of --artists (default {EACH})")
        parser.add_argument("--seed", type=int, default=0, help="the first seed; the same seeds draw the same pictures")
        parser.add_argument("--out", type=Path, metavar="DIR", help="where pictures and page go")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        out = options["out"] or settings.DATA_DIR / "model-audits" / re.sub(r"[^\w.-]+", "-", options["name"])
        if why := unwritable(out):
            raise Stopped("out_unwritable", f"Pictures cannot be put into {out}: {why}.")
        for name in ("count", "each"):
            if not 1 <= options[name] <= MOST:
                raise Stopped(f"bad_{name}", f"--{name} must be from 1 to {MOST}.")
        artists = _artists(options["artists"])
        steps = 2 * (options["count"] + options["each"] * len(artists))
        with tqdm(total=steps, unit="step", disable=options["json"] or not sys.stderr.isatty()) as bar:
            made = audit_model(
                options["name"],
                folder=out / "pictures",
                count=options["count"],
                prompts=_prompts(options["prompts"]),
                artists=artists,
                each=options["each"],
                seed=options["seed"],
                on_picture=lambda: _step(bar),
            )
        write_page(_page(made), out)
        (out / RESULT).write_text(json_line(made.facts()) + "\n", encoding="utf-8")
        if options["json"]:
            self.stdout.write(json_line(made.facts() | {"page": str(out / INDEX)}))
        else:
            self.stdout.write(readable("\n".join([*_lines(made), str(out / INDEX)])))


def _step(bar: Any) -> None:
    bar.update()


def _artists(said: str) -> list[Artist]:
    """Raises ``SimilarityError`` ``unknown_artist``."""
    slugs = list(dict.fromkeys(slug.strip() for slug in said.split(",") if slug.strip()))
    found = {artist.slug: artist for artist in Artist.objects.filter(slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            raise SimilarityError("unknown_artist", f"There is no artist “{slug}”: --artists takes slugs.")
    return [found[slug] for slug in slugs]


def _prompts(path: Path | None) -> list[str]:
    """Raises ``SimilarityError`` ``file_unreadable``, ``no_prompts``, ``GenerationError`` as ``clean_prompt``."""
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SimilarityError("file_unreadable", f"{path} cannot be read: {error}.") from error
    prompts = [clean_prompt(line) for line in lines if line.strip()]
    if not prompts:
        raise SimilarityError("no_prompts", f"There is no prompt in {path}.")
    return list(dict.fromkeys(prompts))


def _lines(made: ModelAudit) -> list[str]:
    identity = made.identity
    lines = [f"{identity.name} ({identity.weights_sha256[:12]}), {len(made.neutral)} pictures"]
    lines += [f"  {count:6}  {outcome}" for outcome, count in made.facts()["outcomes"].items()]
    lines += set_sentences(made.found)
    if made.asked:
        lines.append("asked for in the style of")
    lines += [
        f"  {row.artist}: of {row.pictures}, nearest to them {row.nearest}, flagged with their name {row.flagged}, "
        f"with anybody's {row.flagged_at_all}"
        for row in made.asked
    ]
    return lines


def _page(made: ModelAudit) -> Page:
    flagged = flags(made.neutral)
    leans = [
        [
            lean.artist,
            f"{lean.mean:.3f}",
            str(lean.nearest),
            str(flagged.get(lean.slug, 0)),
            _("yes") if lean.alarm else "",
        ]
        for lean in made.found.leans
    ]
    tables = [
        counts([drawn.audited for drawn in made.neutral]),
        Table(
            _("Artists the model leans on"),
            [_("Artist"), _("Mean score"), _("Nearest to"), _("Flagged on"), _("Stands out over time")],
            leans,
            _("Of pictures that were asked for in nobody's style."),
        ),
    ]
    if made.asked:
        tables.append(
            Table(
                _("Asked for in the style of"),
                [_("Artist"), _("Pictures"), _("Nearest to"), _("Flagged with their name"), _("Flagged with any")],
                [
                    [row.artist, *(str(n) for n in (row.pictures, row.nearest, row.flagged, row.flagged_at_all))]
                    for row in made.asked
                ],
            )
        )
    sections = [
        Section(title, [entry(one.audited, name=f"{one.cell.prompt} · {one.cell.seed}") for one in drawn])
        for title, drawn in ((_("Asked for nobody's style"), made.neutral), (_("In the style of"), made.named))
        if drawn
    ]
    title = _("What the model %(model)s leans on") % {"model": made.identity.name}
    return Page(title, sections, tell(made.found.facts(), generator=made.identity.name), tables)
