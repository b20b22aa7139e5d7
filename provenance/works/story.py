"""The story of a version, for its credential: a model's picture, a sitting's steps, or a declared edit."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from django.conf import settings

from generation import blobs
from generation.models import Output
from provenance.credentials.formats import SIGNABLE
from provenance.credentials.story import (
    ALGORITHMIC,
    SOURCE_TYPES,
    Generation,
    Parent,
    Reference,
    Region,
    Step,
    Story,
    declared,
)
from provenance.credentials.verdict import TRUSTED, VALID
from provenance.works.ancestry import generated_ancestor
from provenance.works.editing.canvases import operation_of
from provenance.works.editing.models import Declaration, Edit, Sitting
from provenance.works.editing.operations.operation import Operation
from provenance.works.engine_facts import generation_facts, model_facts
from provenance.works.finish import now, service
from provenance.works.models import Version
from provenance.works.reveal import commit_to


def story_of(version: Version) -> Story:
    """What the credential of *version* says. A private prompt is told as its commitment only."""
    if version.output is not None:
        return _story(version, created=now(version.output.created_at), generation=_told(version, version.output))
    sitting = Sitting.objects.select_related("parent__work", "parent__output", "parent__credential").get(
        version=version
    )
    declaration = Declaration.objects.filter(edit__sitting=sitting).select_related("edit").first()
    if declaration is not None:
        return _declared(version, sitting, declaration)
    return _edited(version, sitting)


def prompts_of(version: Version) -> str:
    """What models were asked for in making this version out of its parent, a line for each."""
    if version.output is not None:
        return version.output.job.prompt
    edits = Edit.objects.filter(sitting__version=version, undone=False, job__isnull=False).order_by("order")
    return "\n".join(edits.values_list("job__prompt", flat=True))


def _story(version: Version, *, created: str, **how: Any) -> Story:
    return Story(
        title=version.work.title,
        created=created,
        service_name=settings.SERVICE_NAME,
        service_version=settings.SERVICE_VERSION,
        work_id=str(version.work_id),
        version_id=str(version.pk),
        **how,
    )


def _told(version: Version, output: Output) -> Generation:
    job = output.job
    commitment = (
        commit_to(version, prompt=job.prompt, negative_prompt=job.negative_prompt) if job.private_prompt else ""
    )
    return generation_facts(output, commitment=commitment)


def _edited(version: Version, sitting: Sitting) -> Story:
    """The parent was opened, then one action for each step that counts."""
    edits = sitting.active_edits().select_related("output__job__passport")
    steps = [_step(version, edit) for edit in edits]
    if sitting.parent.label:
        left_out = Step(
            action="c2pa.edited",
            when=now(sitting.started_at),
            source_type=ALGORITHMIC,
            description="The visible label of the parent is left out",
            tool=service(),
        )
        steps.insert(0, left_out)
    return _story(
        version,
        created=now(sitting.started_at),
        parent=_parent(sitting.parent),
        steps=tuple(steps),
        **_origin(sitting.parent),
    )


def _step(version: Version, edit: Edit) -> Step:
    operation = operation_of(edit)
    return Step(
        action=operation.action,
        when=now(edit.ended_at),
        source_type=SOURCE_TYPES + operation.source_type,
        description=str(operation),
        tool=service(),
        regions=_regions(edit),
        parameters={"step": edit.order, "operation": edit.operation, **told_parameters(operation)},
        generation=_told(version, edit.output) if edit.output else None,
    )


def _regions(edit: Edit) -> tuple[Region, ...]:
    """The box around what changed; none when that is everywhere or nowhere."""
    if not edit.box:
        return ()
    x, y, width, height = edit.box
    if (width, height) == (edit.width, edit.height):
        return ()
    return (Region(x=x, y=y, width=width, height=height),)


def told_parameters(operation: Operation) -> dict[str, Any]:
    """The step's parameters as the manifest has them: single values, and of lists how many there are.

    Strokes would make a manifest of megabytes; the digest of all parameters binds the row that holds
    them. A model's words are told by its generation, or not at all when they are private, and then
    no digest of them either.
    """
    values = operation.parameters()
    told = {name: value for name, value in values.items() if not isinstance(value, list)}
    told |= {f"{name}_count": len(value) for name, value in values.items() if isinstance(value, list)}
    if operation.needs_pixels:
        for name in ("prompt", "negative_prompt", "model", "seed", "steps", "guidance"):
            told.pop(name)
        return told
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {**told, "parameters_sha256": hashlib.sha256(text.encode()).hexdigest()}


def _parent(parent: Version) -> Parent:
    credential = getattr(parent, "credential", None)
    return Parent(
        title=parent.work.title,
        data=blobs.get(parent.blob),
        media_type=parent.media_type,
        manifest_label=credential.manifest_label if credential else "",
        identifier=f"urn:uuid:{parent.pk}",
    )


def _origin(parent: Version) -> dict[str, Any]:
    """The model behind the parent, so that the disclosure of AI does not get lost on the way."""
    ancestor = generated_ancestor(parent)
    passport = ancestor.output.job.passport if ancestor and ancestor.output else None
    return {"origin": model_facts(passport) if passport else None}


def _declared(version: Version, sitting: Sitting, declaration: Declaration) -> Story:
    """Before and after, and the uploader's word for what lies between (docs/decisions on declared edits).

    An upload that was found to lie on its parent descends from it: the parent is ``parentOf``, the
    upload with its own chain a component. Else only the upload is known for certain to be what our
    file was made of, and the parent is what the uploader says went into it.
    """
    edit = declaration.edit
    measured = {
        "uploaded_sha256": declaration.sha256,
        "registered": bool(declaration.registered),
        "changed_share": edit.changed,
        "claimed_tool": declaration.tool,
        "claimed_minutes": sitting.claimed_minutes,
    }
    step = declared(
        when=now(edit.ended_at),
        description=declaration.description,
        parameters={name: value for name, value in measured.items() if value not in (None, "")},
    )
    parent, upload = _parent(sitting.parent), _upload(version, declaration)
    if declaration.registered:
        own = Reference(
            title="Uploaded file",
            data=upload.data,
            media_type=upload.media_type,
            relationship="componentOf",
            description="The file as its owner uploaded it, with the credential it had",
        )
    else:
        parent, own = (
            upload,
            Reference(
                title=parent.title,
                data=parent.data,
                media_type=parent.media_type,
                description="What the uploader says it was made from; it could not be found in the upload",
            ),
        )
    return _story(
        version,
        created=now(edit.ended_at),
        parent=parent,
        steps=(replace(step, references=(own,)),),
        **_origin(sitting.parent),
    )


def _upload(version: Version, declaration: Declaration) -> Parent:
    """The upload as an ingredient. Formats no credential can be in go as the PNG that was made of them."""
    if declaration.media_type in SIGNABLE:
        data, media_type = blobs.get(declaration.blob), declaration.media_type
    else:
        data, media_type = blobs.get(version.picture), "image/png"
    intact = declaration.verdict in (VALID, TRUSTED)
    return Parent(
        title="Uploaded file",
        data=data,
        media_type=media_type,
        manifest_label=declaration.manifest_label if intact else "",
    )
