"""What is left after a storm of kills, counted from the rows; run inside the service's own settings.

Prints one JSON object. Used by ``test_kill.py`` through ``manage.py shell``-free ``python -m``.
"""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db.models import Count  # noqa: E402

from generation import blobs  # noqa: E402
from generation.models import Job, Output  # noqa: E402
from provenance.credentials.read import read  # noqa: E402
from provenance.ledger.models import Event  # noqa: E402
from provenance.ledger.verify import verify_ledger  # noqa: E402
from provenance.works.models import Version, Work  # noqa: E402


def main() -> None:
    versions = list(Version.objects.all())
    verdicts = [read(blobs.get(v.blob)).verdict.code for v in versions if v.blob]
    ledger = verify_ledger()
    report = {
        "jobs": Job.objects.count(),
        "jobs_by_status": dict(Job.objects.values_list("status").annotate(n=Count("pk")).order_by()),
        "images_asked": sum(Job.objects.values_list("count", flat=True)),
        "outputs": Output.objects.count(),
        "works": Work.objects.count(),
        "versions": len(versions),
        "versions_by_status": dict(Version.objects.values_list("status").annotate(n=Count("pk")).order_by()),
        "published_unsigned": sum(1 for v in versions if v.status == "published" and not v.blob),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        "published_events": Event.objects.filter(kind="version.published").count(),
        "published_subjects": Event.objects.filter(kind="version.published").values("subject").distinct().count(),
        "ledger_length": ledger.events,
        "ledger_breaks": len(ledger.breaks),
    }
    print(json.dumps(report))  # noqa: T201


if __name__ == "__main__":
    main()
