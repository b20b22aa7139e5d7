from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_take_names_out_of_the_chain")]

    operations = [guards.guard("ledger_event", "ledger_checkpoint", "ledger_checkpointkey")]
