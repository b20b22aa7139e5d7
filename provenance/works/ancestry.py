"""Where a version's picture came from: the nearest picture of a model among its ancestors."""

from provenance.credentials.story import Generation
from provenance.works.engine_facts import generation_facts
from provenance.works.models import Version

# A lineage this deep is one no person made; it also ends a circle, should rows ever hold one.
DEEPEST = 1000


def generated_ancestor(version: Version) -> Version | None:
    """*version* itself or the nearest ancestor that a model made; None when no AI is known to have a part in it."""
    seen, level = {version.pk}, [version]
    for _depth in range(DEEPEST):
        if found := next((it for it in level if it.output_id), None):
            return found
        ids = {pk for it in level for pk in it.parents.values_list("pk", flat=True)} - seen
        if not ids:
            return None
        seen |= ids
        level = list(Version.objects.select_related("work__owner", "output__job__passport").filter(pk__in=ids))
    return None


def generation_of(version: Version) -> Generation | None:
    """What the model was told that made this picture or the one it descends from."""
    ancestor = generated_ancestor(version)
    return generation_facts(ancestor.output) if ancestor and ancestor.output else None


def prompt_is_private(version: Version) -> bool:
    """Whether the picture it is, or descends from, keeps its prompt back."""
    ancestor = generated_ancestor(version)
    return bool(ancestor and ancestor.output and ancestor.output.job.private_prompt)
