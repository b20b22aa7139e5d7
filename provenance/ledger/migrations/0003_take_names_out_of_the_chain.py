"""Rewrite the chain of a database from before commitments: see docs/decisions/0010.

Events held usernames and reviewers' words in clear, which nobody could ever have erased. There were no
checkpoints and no release yet, so the chain is hashed anew, once, and its first new event says so with the
old head's digest.
"""

from datetime import UTC, datetime

from django.db import migrations

from provenance.ledger.chain import GENESIS, Entry, digest
from provenance.ledger.commitments import ACTOR, FIELD, PREFIX, commit, new_salt, plain

PERSONAL = ("reason", "note", "words", "prompt", "text")


def rewrite(apps, schema_editor):
    Event = apps.get_model("ledger", "Event")
    PersonalValue = apps.get_model("ledger", "PersonalValue")
    User = apps.get_model("auth", "User")
    people = dict(User.objects.values_list("username", "pk"))
    last = Event.objects.order_by("-sequence").first()
    if last is None:
        return
    old_head, previous = last.digest, GENESIS
    for event in Event.objects.order_by("sequence"):
        who, values, payload = people.get(event.actor), {}, plain(event.payload)
        # Only a decision's reason is somebody's words; that of a held version is a code.
        if event.kind.startswith("case."):
            values = {name: payload[name] for name in PERSONAL if isinstance(payload.get(name), str)}
        if event.actor:
            values[ACTOR] = event.actor
        for name, value in values.items():
            salt = new_salt()
            commitment = commit(name=name, salt=salt, value=value)
            PersonalValue.objects.create(event_id=event.pk, name=name, person_id=who, salt=salt, value=value)
            if name == ACTOR:
                event.actor = PREFIX + commitment
            else:
                payload[name] = {FIELD: commitment}
        event.payload, event.previous = payload, previous
        event.digest = previous = _digest(event)
        event.save()
    told = Event(
        sequence=last.sequence + 1,
        key="ledger-rewritten",
        kind="ledger.rewritten",
        subject="ledger",
        actor="",
        payload={"events": last.sequence, "old_head": old_head},
        at=datetime.now(UTC).isoformat(timespec="microseconds"),
        previous=previous,
    )
    told.digest = _digest(told)
    told.save()


def _digest(event):
    fields = ("sequence", "key", "kind", "subject", "actor", "payload", "at", "previous")
    return digest(Entry(**{name: getattr(event, name) for name in fields}))


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_commitments_and_checkpoints"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
