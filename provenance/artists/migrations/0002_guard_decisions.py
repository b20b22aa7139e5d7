from django.db import migrations

from provenance.ledger import guards


class Migration(migrations.Migration):
    dependencies = [("artists", "0001_claims_and_enrolments")]

    operations = [guards.guard("artists_claimdecision")]
