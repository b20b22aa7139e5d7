from django.db import migrations, models

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_guard_append_only_tables")]

    operations = [
        migrations.CreateModel(
            name="Subtree",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField()),
                ("place", models.PositiveBigIntegerField()),
                ("root", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "subtree of the ledger",
                "constraints": [models.UniqueConstraint(fields=("rank", "place"), name="one_root_per_subtree")],
            },
        ),
        guards.guard("ledger_subtree"),
    ]
