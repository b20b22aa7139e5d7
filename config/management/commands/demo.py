"""``manage.py demo``: the service with three example pictures, as a first look at it."""

import logging
import sys
import time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db.models import Q, QuerySet

from config import supervisor
from config.answers import answers
from config.env import local_secret
from config.ports import free_port
from config.prepare import prepare
from generation.models import Job
from generation.submit import submit
from provenance.works.account import account
from provenance.works.models import Version
from provenance.works.progress import progress
from similarity.report_lines import CodedCommand, Stopped

EXAMPLES = (
    ("a harbour at sunset in the style of Claude Monet", 7),
    ("winter landscape with bare trees", 12),
    ("still life with flowers in a vase", 3),
)
TIME_LIMIT_SECONDS = 600.0


class Command(CodedCommand):
    help = "Start everything, make three example pictures through the queue, and stay up until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop after the examples")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="the next free one is taken if this is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(stdout=self.stdout)
        call_command("check")
        user, password = self._demo_user()
        port = free_port(options["host"], options["port"])
        logging.getLogger("config.supervisor").setLevel(logging.WARNING)
        log = settings.DATA_DIR / "demo.log"
        with log.open("ab") as output:
            children = supervisor.service(host=options["host"], port=port, web_workers=1, output=output)
            boss = supervisor.Supervisor(children)
            boss.install_signals()
            boss.start()
            try:
                failures = self._examples(boss, user)
                if boss.stopping:
                    sentence = "stopped before the examples were done; `make demo` goes on where this ended"
                    raise Stopped("interrupted", sentence)
                if not options["once"]:
                    boss.run(until=lambda: answers(options["host"], port))
                    if not boss.stopping:
                        self.stdout.write(f"\nColophon is at http://{options['host']}:{port}/")
                        self.stdout.write(f"Sign in as “{user.username}” with the password “{password}”.")
                        self.stdout.write(f"What the service says goes to {log}. Ctrl-C stops everything.")
                        self.stdout.flush()
                    boss.run()
            finally:
                boss.stop()
        if failures:
            sentence = f"{failures} of {len(EXAMPLES)} examples were not published with a readable credential"
            raise Stopped("not_published", sentence)

    def _demo_user(self) -> tuple[User, str]:
        """The same sign-in every time: an administrator of this data folder, with a password made here."""
        password = local_secret(settings.DATA_DIR / "demo_password")
        user, _created = User.objects.get_or_create(username="demo", defaults={"is_staff": True, "is_superuser": True})
        if not user.check_password(password):
            user.set_password(password)
            user.save()
        return user, password

    def _examples(self, boss: supervisor.Supervisor, user: User) -> int:
        jobs = [self._job(user, prompt, seed) for prompt, seed in EXAMPLES]
        failures = 0
        for number, job in enumerate(jobs, start=1):
            self.stdout.write(f"\n{number}/{len(jobs)} “{job.prompt}”")
            self._wait(boss, job)
            if boss.stopping:
                return failures
            version = Version.objects.select_related("audit", "output__job").filter(work__job=job).first()
            if version is None:
                self.stdout.write(f"  {job.status}: {job.error_code} {job.error}")
                failures += 1
                continue
            line = account(version, file=default_storage.path(version.blob) if version.blob else "")
            for name in ("file", "model", "seed", "seconds", "outcome", "verdict"):
                self.stdout.write(f"  {name:8} {getattr(line, name)}")
            if version.status != Version.Status.PUBLISHED or line.verdict not in ("valid", "trusted"):
                self.stdout.write(f"  {version.status} {line.error_code} {line.error}")
                failures += 1
        return failures

    def _job(self, user: User, prompt: str, seed: int) -> Job:
        """The example's job: the one of an earlier demo if that came to a published picture."""
        key = f"demo:{settings.SERVICE_VERSION}:{seed}"
        earlier: QuerySet[Job] = Job.objects.filter(owner=user, idempotency_key__startswith=key).order_by("-created_at")
        alive = (
            Q(status__in=Job.OPEN)
            # Rendered, and its work is about to be made: a demo that was stopped just then goes on with it.
            | Q(status=Job.Status.SUCCEEDED, delivered_at__isnull=True)
            | Q(work__versions__status__in=[*Version.OPEN, Version.Status.PUBLISHED])
        )
        if found := earlier.filter(alive).first():
            return found
        job, _created = submit(owner=user, prompt=prompt, seed=seed, idempotency_key=f"{key}:{earlier.count()}")
        return job

    def _wait(self, boss: supervisor.Supervisor, job: Job) -> None:
        deadline = time.monotonic() + TIME_LIMIT_SECONDS
        shown = ""

        def ended() -> bool:
            nonlocal shown
            now = progress(job)
            text = f"{now.phase} {now.step}/{now.steps}" if now.phase == "rendering" else now.phase
            if text != shown:
                shown = text
                # One line that is rewritten on a terminal, one line per change in a log.
                if sys.stdout.isatty():
                    self.stdout.write(f"\r\033[K  {text}", ending="")
                else:
                    self.stdout.write(f"  {text}")
                self.stdout.flush()
            return now.phase == "ended" or time.monotonic() > deadline

        boss.run(until=ended)
        if sys.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")
