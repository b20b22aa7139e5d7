"""``manage.py calibrate``: from which score on a resemblance is told, in one domain."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from tqdm import tqdm

from generation.engines.loaded import engine_for
from provenance.audits.calibration_drafts import accept, reject
from provenance.audits.changed_sets import changed_sets
from provenance.works.neutral_pictures import forget_pictures, neutral_background
from provenance.works.neutral_prompts import MOST
from similarity.errors import SimilarityError
from similarity.models import Calibration
from similarity.report_lines import CodedCommand, Stopped, json_line, readable

if TYPE_CHECKING:
    from similarity.calibrate import Changes

COUNT = 1000


class Command(CodedCommand):
    help = (
        "Make a draft of a calibration, show its figures and what it would change; put it into force with --accept, in "
        "a run of its own where stored audits would come out otherwise. Goes on where it was interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--domain", choices=("uploads", "generated"), default="uploads")
        parser.add_argument("--model", default=settings.MODELS[0], help="whose pictures, for --domain generated")
        parser.add_argument("--count", type=int, default=COUNT, help=f"how many pictures it makes (default {COUNT})")
        parser.add_argument("--render-anew", action="store_true", help="do not use the vectors of an earlier one")
        parser.add_argument(
            "--artists", metavar="FILE|unseen", help="slugs, one a line, whose works are the background"
        )
        parser.add_argument("--strategy", help="raw, query, artist or both; the best one when left out")
        parser.add_argument(
            "--confidence",
            type=float,
            default=0.95,
            help="with which false flags are as few as the levels say: from 0.95 (the default) to 0.99999",
        )
        parser.add_argument("--draft", metavar="ID", help="decide about a draft that is there")
        parser.add_argument("--accept", action="store_true", help="put it into force")
        parser.add_argument("--reject", action="store_true", help="lay the draft aside")
        parser.add_argument("--reason", default="", help="why; needed for both")
        parser.add_argument("--bundle", type=Path, metavar="FILE", help="write all calibrations in force to FILE")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["accept"] or options["reject"]) and not options["reason"].strip():
            raise Stopped("reason_missing", "--accept and --reject need a --reason.")
        if options["reject"] and (options["accept"] or not options["draft"]):
            raise Stopped("bad_option", "--reject needs a --draft, and no --accept.")
        if options["bundle"]:
            self._bundle(options["bundle"], as_json=options["json"])
            return
        if options["reject"]:  # whatever it would change, and whether or not it can be read
            rejected = reject(_stored(options["draft"]), reason=options["reason"], by=_by())
            told = {**_facts(rejected), "changes": None}
            self.stdout.write(json_line(told) if options["json"] else readable("\n".join(_lines(told))))
            return
        self._calibrate(options)

    def _calibrate(self, options: dict[str, Any]) -> None:
        from similarity.calibrate import changes
        from similarity.encoder import load_encoder
        from similarity.index import open_index

        calibration = _stored(options["draft"]) if options["draft"] else self._made(options)
        encoder = load_encoder()
        if calibration.encoder != encoder.fingerprint:
            sentence = "That calibration is of another encoder than COLOPHON_ENCODER names."
            raise SimilarityError("other_encoder", sentence)
        index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
        changed, sets = changes(calibration, index), changed_sets(calibration, index)
        replaces = not options["draft"] and calibration.previous_id is not None
        unseen = options["accept"] and replaces and bool(changed.counts or sets.counts)
        if options["accept"] and not unseen:
            calibration = accept(calibration, reason=options["reason"], by=_by())
        facts = _facts(calibration)
        facts["changes"] = {**_told(changed), "sets": _told(sets)}
        self.stdout.write(json_line(facts) if options["json"] else readable("\n".join(_lines(facts))))
        if unseen:
            sentence = (
                "It is not in force: stored audits would come out otherwise, and nobody has seen which. Look, then: "
                f"manage.py calibrate --draft {calibration.pk} --accept --reason TEXT"
            )
            raise Stopped("changes_not_seen", sentence)

    def _made(self, options: dict[str, Any]) -> Calibration:
        from similarity.calibrate import calibrate, check
        from similarity.encoder import load_encoder

        check(options["strategy"], options["confidence"])
        encoder = load_encoder()
        domain, background, generator = Calibration.UPLOADS, None, None
        if options["domain"] == "generated":
            background, generator = self._background(encoder.fingerprint, options)
            domain = Calibration.GENERATED + generator["weights_sha256"]
        only = None if options["artists"] is None else _artists(options["artists"])
        with tqdm(total=5, leave=False, disable=options["json"] or not sys.stderr.isatty()) as bar:
            calibration = calibrate(
                encoder=encoder.fingerprint,
                dimension=encoder.dimension,
                domain=domain,
                background=background,
                generator=generator,
                only=only,
                strategy=options["strategy"],
                confidence=options["confidence"],
                on_step=lambda step: _step(bar, step),
            )
        if options["domain"] == "generated":  # another run's pictures would have to be drawn again
            forget_pictures()
        return calibration

    def _background(self, encoder: str, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        from similarity.calibrate import background_of

        count = options["count"]
        if not 1 <= count <= MOST:
            raise Stopped("bad_count", f"--count must be from 1 to {MOST}.")
        weights = engine_for(options["model"]).identity.weights_sha256
        earlier = Calibration.objects.filter(encoder=encoder, domain=Calibration.GENERATED + weights)
        if not options["render_anew"] and (there := earlier.filter(units=count).first()) is not None:
            return background_of(there), there.generator
        with tqdm(total=count, unit="picture", disable=options["json"] or not sys.stderr.isatty()) as bar:
            return neutral_background(options["model"], count, on_picture=lambda: _step(bar))

    def _bundle(self, path: Path, *, as_json: bool) -> None:
        from similarity.bundled_calibrations import write_bundle

        try:
            count = write_bundle(path)
        except OSError as error:
            raise Stopped("out_unwritable", f"{path} cannot be written: {error.strerror or error}.") from error
        sentence = f"{count} calibrations written to {path}."
        self.stdout.write(json_line({"out": str(path), "calibrations": count}) if as_json else readable(sentence))


def _step(bar: Any, step: str = "") -> None:
    bar.set_postfix_str(step)
    bar.update()


def _by() -> str:
    return os.environ.get("USER", "") or "command line"


def _stored(name: str) -> Calibration:
    try:
        return Calibration.objects.get(pk=name)
    except (Calibration.DoesNotExist, ValidationError) as error:
        raise Stopped("no_such_calibration", f"There is no calibration {name}.") from error


def _artists(said: str) -> set[str]:
    """Slugs of a file, or ``unseen``: all but those the encoder's passport says it learnt from."""
    from similarity.encoder_files import trained_on
    from similarity.models import Artist

    if said != "unseen":
        try:
            return {line.strip() for line in Path(said).read_text(encoding="utf-8").splitlines() if line.strip()}
        except (OSError, UnicodeDecodeError) as error:
            raise SimilarityError("file_unreadable", f"{said} cannot be read: {error}.") from error
    learnt = trained_on(settings.ENCODER)
    if learnt is None:
        sentence = "The encoder's passport does not say which artists it was trained on: name them in a file."
        raise SimilarityError("trained_artists_unknown", sentence)
    return set(Artist.objects.exclude(slug__in=learnt).values_list("slug", flat=True))


def _facts(calibration: Calibration) -> dict[str, Any]:
    names = ("domain", "state", "encoder", "strategy", "thresholds", "figures", "cohort", "works", "artists", "units")
    told = {name: getattr(calibration, name) for name in names}
    return {"id": str(calibration.pk), "sha256": calibration.sha256, **told, "generator": calibration.generator}


def _told(changed: "Changes") -> dict[str, Any]:
    return {
        "compared": changed.compared,
        "counts": [{"from": a, "to": b, "audits": n} for (a, b), n in sorted(changed.counts.items())],
        "named": [{**change.__dict__, "audit": str(change.audit)} for change in changed.named],
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = [
        f"calibration {facts['id']} ({facts['state']})",
        f"  domain {facts['domain']}, {facts['works']} works by {facts['artists']} artists, {facts['units']} units",
        f"  scores are made comparable by “{facts['strategy']}”",
    ]
    for threshold in facts["thresholds"]:
        alpha = f"{100 * threshold['alpha']:g}%"
        if threshold["value"] is None:
            lines.append(f"  at {alpha}: not attainable with {threshold['units']} units")
            continue
        kept = facts["figures"]["strategies"][facts["strategy"]][f"{threshold['alpha']:g}"]
        confidence = Calibration.confidence_of(threshold)
        how = f"with {100 * confidence:g} % confidence" if confidence else "on average"
        lines.append(
            f"  at {alpha}: above {threshold['value']:.4f}; false flags bounded {how}, "
            f"{threshold['realised']:.2%} among the units; tells {kept['power']:.1%} of held-out works"
        )
    likelihood = facts["figures"]["likelihood"]
    if "cllr" in likelihood:
        lines.append(f"  Cllr {likelihood['cllr']}, of which calibration loss {likelihood['calibration_loss']}")
    if facts["changes"] is not None:
        lines += [*_changed(facts["changes"], "audits"), *_changed(facts["changes"]["sets"], "audits of sets")]
    if facts["state"] == "draft":
        lines.append(f"  in force with: manage.py calibrate --draft {facts['id']} --accept --reason TEXT")
    return lines


def _changed(told: dict[str, Any], what: str) -> list[str]:
    return [
        f"  of {told['compared']} stored {what}:",
        *(f"    {entry['audits']}: {entry['from']} → {entry['to']}" for entry in told["counts"]),
        *(
            f"      {entry['audit']} {entry['artist_before'] or '–'} → {entry['artist_after'] or '–'}"
            for entry in told["named"]
        ),
        *([] if told["counts"] else ["    none would change"]),
    ]
