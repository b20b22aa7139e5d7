"""``manage.py generate "PROMPT"``: one request through the whole service, in this process."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import transaction
from tqdm import tqdm

from generation import blobs
from generation.cancel import cancel
from generation.errors import GenerationError
from generation.models import Job
from generation.submit import submit
from provenance.works.account import account
from provenance.works.drive import drive
from provenance.works.models import Version
from provenance.works.progress import Progress
from similarity.report_lines import CodedCommand, Stopped, file_facts, json_line, readable, unwritable

# As shells report a process that Ctrl-C ended.
INTERRUPTED = 130


class Command(CodedCommand):
    help = "Make images from a prompt, with their credentials. Exits non-zero unless every one is published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prompt")
        parser.add_argument("--negative", default="", help="what should not be in the picture")
        parser.add_argument("--model", default="", help=f"one of: {', '.join(settings.MODELS)}")
        parser.add_argument("--seed", default=None, help="0 … 2^64-1; random when left out")
        parser.add_argument("--steps", type=int, default=None)
        parser.add_argument("--guidance", type=float, default=None)
        parser.add_argument("--size", default=None, metavar="N|WxH", help="pixels, multiples of 8")
        parser.add_argument("--private", action="store_true", help="keep the prompt out of the files' credentials")
        parser.add_argument("--count", type=int, default=1)
        parser.add_argument("--out", type=Path, default=settings.DATA_DIR / "generated", metavar="DIR")
        parser.add_argument("--user", default="local", help="whose work it is (made if there is none)")
        parser.add_argument("--json", action="store_true", help="one JSON object per image on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if why := unwritable(options["out"]):
            raise Stopped("out_unwritable", f"Pictures cannot be put into {options['out']}: {why}.")
        job = _submitted(options)
        try:
            with tqdm(total=job.steps, unit="step", leave=False, disable=options["json"]) as bar:
                work = drive(job.pk, on_progress=lambda progress: _show(bar, progress))
        except KeyboardInterrupt:
            raise _stop(job) from None
        job.refresh_from_db()
        if work is None:
            sentence = job.error or str(Job.Status(job.status).label)
            raise Stopped(job.error_code or job.status, sentence)
        unpublished = 0
        for version in work.versions.select_related("audit", "output__job"):
            unpublished += version.status != Version.Status.PUBLISHED
            self._print(version, out=options["out"], as_json=options["json"])
        if unpublished:
            raise Stopped("not_published", f"{unpublished} of {job.count} not published")

    def _print(self, version: Version, *, out: Path, as_json: bool) -> None:
        file = ""
        if version.status == Version.Status.PUBLISHED:
            try:
                file = str(_export(version, out))
            except OSError as error:
                # The picture is made and kept; only the copy is missing.
                raise Stopped(
                    "file_unwritable",
                    f"version {version.pk} is published, but its copy cannot be written to "
                    f"{out}: {error.strerror or error}",
                ) from error
        line = account(version, file=file)
        if as_json:
            self.stdout.write(json_line(line.as_dict() | file_facts(line.file)))
            return
        self.stdout.write(readable(line.file or line.status))
        for name in ("model", "seed", "seconds", "outcome", "verdict", "error"):
            if value := getattr(line, name):
                self.stdout.write(f"  {name:8} {value}")


def _submitted(options: dict[str, Any]) -> Job:
    """The job. A request that is refused makes no user either. Raises ``GenerationError``."""
    width, height = _size(options["size"])
    with transaction.atomic():
        job, _created = submit(
            owner=_owner(options["user"]),
            prompt=options["prompt"],
            negative_prompt=options["negative"],
            model=options["model"],
            seed=options["seed"],
            width=width,
            height=height,
            steps=options["steps"],
            guidance=options["guidance"],
            count=options["count"],
            private_prompt=options["private"],
        )
    return job


def _owner(username: str) -> User:
    """Whoever has that name; made, if nobody has and Django would take it for one."""
    try:
        User(username=username).clean_fields(exclude=["password"])
    except ValidationError as error:
        raise GenerationError("bad_user", "--user takes at most 150 letters, digits and @ . + - _") from error
    return User.objects.get_or_create(username=username)[0]


def _size(text: str | None) -> tuple[int | None, int | None]:
    """``256`` or ``256x192`` (width × height)."""
    if text is None:
        return None, None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(re.fullmatch("[0-9]{1,9}", part) for part in parts):
        raise GenerationError("bad_size", "--size takes a number of pixels, or WIDTHxHEIGHT")
    return int(parts[0]), int(parts[-1])


def _show(bar: "tqdm[Any]", progress: Progress) -> None:
    bar.n = progress.step
    bar.set_description(progress.phase)


def _stop(job: Job) -> Stopped:
    """Cancel what Ctrl-C interrupted, and say what became of it."""
    try:
        cancel(job)
    except GenerationError:
        code = "interrupted"
        sentence = f"job {job.pk} was rendered already; a worker, or the next `serve`, signs its pictures"
    else:
        code = "cancelled"
        sentence = (
            f"job {job.pk} was stopped, and nothing of it is kept"
            if job.status == Job.Status.CANCELLED
            else f"job {job.pk} is with another worker, which stops it at its next step"
        )
    return Stopped(code, sentence, returncode=INTERRUPTED)


def _export(version: Version, folder: Path) -> Path:
    """Copy the signed file out of the store; it appears under its name only when complete."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{version.pk}{Path(version.blob).suffix}"
    partial = target.with_suffix(".part")
    try:
        partial.write_bytes(blobs.get(version.blob))
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return target
