from django.db import migrations, models

NAMING = ["copy", "style_match", "ambiguous"]


def name_those_of_before(apps, schema_editor):
    audits = apps.get_model("similarity", "Audit")
    through = audits.outcome_artists.through
    named = audits.objects.filter(outcome__in=NAMING, artist__isnull=False).values_list("pk", "artist_id")
    through.objects.bulk_create(
        [through(audit_id=audit, artist_id=artist) for audit, artist in named], batch_size=500, ignore_conflicts=True
    )


class Migration(migrations.Migration):
    dependencies = [("similarity", "0003_what_artists_decide")]

    operations = [
        migrations.AddField(
            model_name="audit",
            name="outcome_artists",
            field=models.ManyToManyField(
                blank=True,
                help_text="Whom the outcome names.",
                related_name="audits_naming",
                to="similarity.artist",
            ),
        ),
        migrations.RunPython(name_those_of_before, migrations.RunPython.noop),
    ]
