"""Count the files that accounts had before files were counted: one look at the store for each."""

from django.core.files.storage import default_storage
from django.db import migrations

# Application, model, the way to the account, and the columns that hold keys of files.
FILES = (
    ("generation", "Job", "owner", ("source", "mask")),
    ("generation", "Output", "job__owner", ("blob",)),
    ("works", "Version", "work__owner", ("picture", "blob")),
    ("works", "EarlierFile", "version__work__owner", ("blob",)),
    ("works", "Export", "version__work__owner", ("blob",)),
    ("works", "Edit", "sitting__owner", ("mask",)),
    ("works", "Declaration", "edit__sitting__owner", ("blob",)),
    ("works", "Contribution", "version__work__owner", ("blob",)),
)


def count(apps, schema_editor):
    StoredFile = apps.get_model("generation", "StoredFile")
    for app, name, owner, columns in FILES:
        for column in columns:
            rows = apps.get_model(app, name).objects.exclude(**{column: ""}).values_list(owner, column)
            for owner_id, key in rows.iterator(chunk_size=2_000):
                known = StoredFile.objects.filter(owner_id=owner_id, key=key).exists()
                if not known and default_storage.exists(key):
                    StoredFile.objects.create(owner_id=owner_id, key=key, bytes=default_storage.size(key))


class Migration(migrations.Migration):
    dependencies = [
        ("works", "0010_guard_exports"),
        ("generation", "0004_count_files_of_accounts"),
    ]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
