from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("verdicts", "0001_keep_trust_lists_and_judgements")]

    operations = [guards.guard("verdicts_judgement")]
