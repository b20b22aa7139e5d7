from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("works", "0009_say_whether_exports_have_a_time")]

    operations = [guards.guard("works_export")]
