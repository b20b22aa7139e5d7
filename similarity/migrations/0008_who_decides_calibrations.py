from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("similarity", "0007_kept_pictures")]

    operations = [
        migrations.AlterModelOptions(
            name="calibration",
            options={
                "ordering": ["-created_at"],
                "permissions": [("decide_calibration", "Can put calibrations into force, or lay them aside")],
                "verbose_name": "calibration",
            },
        ),
    ]
