from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial")]

    operations = [guards.guard("review_decision")]
