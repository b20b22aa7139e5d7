from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_take_names_out_of_the_chain")]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: guards.install(schema_editor.connection),
            lambda apps, schema_editor: guards.remove(schema_editor.connection),
        )
    ]
