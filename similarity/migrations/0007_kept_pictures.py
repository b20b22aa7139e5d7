from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("similarity", "0006_vector_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="reference",
            name="picture_kept",
            field=models.BooleanField(
                default=False, editable=False, help_text="A reduced copy is kept, to be laid over possible copies."
            ),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(condition=models.Q(("picture_kept", True)), fields=["id"], name="references_with_pictures"),
        ),
    ]
