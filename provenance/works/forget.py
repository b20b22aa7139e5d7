"""What goes when a person is erased: the words they kept out of their files, to whom they showed them, their name."""

from typing import TYPE_CHECKING

from generation.models import Job
from provenance.works.editing.models import Edit
from provenance.works.models import PrivatePrompt, Reveal
from similarity.models import Calibration

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What stands in a row for words that are gone: an empty prompt is none that was ever asked for.
GONE = "(erased)"


def forget(user: "User") -> None:
    """Erase the private prompts of *user* with their salts and every copy, and their name beside calibrations.

    Inside the erasure's transaction, while the account still has its name.

    Prompts that are not private stand in signed files that others have: they stay.
    """
    jobs = Job.objects.filter(owner=user, private_prompt=True)
    for edit in Edit.objects.filter(job__in=jobs):
        edit.parameters |= {"prompt": GONE, "negative_prompt": ""}
        edit.save(update_fields=["parameters"])
    jobs.update(prompt=GONE, negative_prompt="")
    Reveal.objects.filter(version__work__owner=user).delete()
    PrivatePrompt.objects.filter(version__work__owner=user).delete()
    Calibration.objects.filter(decided_by=user.username).update(decided_by=GONE)
