"""``manage.py serve``: the whole service on this machine, until Ctrl-C."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from config import supervisor
from config.answers import answers
from config.ports import free_port
from config.prepare import prepare
from similarity.report_lines import CodedCommand, Stopped


class Command(CodedCommand):
    help = "Start web, workers and the clock under one process; Ctrl-C stops them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--web-workers", type=int, default=2, help="gunicorn processes")
        parser.add_argument("--no-prepare", action="store_true", help="do not migrate or load anything first")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["no_prepare"]:
            prepare(stdout=self.stdout)
        call_command("check")
        try:
            free_port(options["host"], options["port"], tries=1)
        except OSError as error:
            sentence = f"nobody can listen on {options['host']}:{options['port']}; try another --port"
            raise Stopped("port_taken", sentence) from error
        children = supervisor.service(host=options["host"], port=options["port"], web_workers=options["web_workers"])
        boss = supervisor.Supervisor(children)
        boss.install_signals()
        boss.start()
        try:
            boss.run(until=lambda: answers(options["host"], options["port"]))
            if not boss.stopping:
                self.stdout.write(f"Colophon is at http://{options['host']}:{options['port']}/ (Ctrl-C stops it)")
                self.stdout.flush()
            boss.run()
        finally:
            boss.stop()
