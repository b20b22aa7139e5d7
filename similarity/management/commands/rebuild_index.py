"""``manage.py rebuild_index``: make the index file anew from the rows."""

import time
from typing import Any

from django.core.management.base import CommandParser

from similarity.build_index import build_index
from similarity.encoder import load_encoder
from similarity.generations import read_manifest
from similarity.models import Reference
from similarity.report_lines import CodedCommand, json_line
from similarity.without_vector import without_vector


class Command(CodedCommand):
    help = "Build the index of this service's encoder anew from the rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.perf_counter()
        encoder = load_encoder()
        path = build_index(encoder=encoder.fingerprint, dimension=encoder.dimension, force=True)
        manifest = read_manifest(path)
        seconds = round(time.perf_counter() - began, 3)
        facts = {
            "works": manifest.count,
            "without_vector": (unseen := without_vector(Reference.objects.all(), encoder=encoder.fingerprint)),
            "dimension": manifest.dimension,
            "sha256": manifest.sha256,
            "encoder": manifest.encoder,
            "store": manifest.kind,
            "search": manifest.search,
            "watermark": manifest.watermark,
            "folder": str(path),
            "seconds": seconds,
        }
        sentence = f"Index of {manifest.count} works built in {seconds:.1f} s: {manifest.sha256}"
        if unseen:
            sentence += f"\n{unseen} enrolled works have no vector of this encoder, and are not in it."
        self.stdout.write(json_line(facts) if options["json"] else sentence)
