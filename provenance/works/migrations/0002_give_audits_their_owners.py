"""Audits of versions belong to whoever owns the work: those made before audits had owners, too."""

from django.conf import settings
from django.db import migrations
from django.db.models import OuterRef, Subquery


def give(apps, schema_editor):
    Audit = apps.get_model("similarity", "Audit")
    Version = apps.get_model("works", "Version")
    owners = Version.objects.filter(audit=OuterRef("pk")).values("work__owner_id")[:1]
    Audit.objects.filter(owner__isnull=True, version__isnull=False).update(owner_id=Subquery(owners))


class Migration(migrations.Migration):
    dependencies = [
        ("works", "0001_initial"),
        ("similarity", "0002_audit_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
