"""The last steps of every file that leaves: visible label → marks → credential → read everything back.

The order is the law of ``docs/reference/marking.md``: whatever is written after signing breaks the
credential, so the label and the marks come first and are looked for again in the signed bytes.
"""

import hashlib
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

from provenance.credentials.sign import Signed, sign
from provenance.credentials.story import ALGORITHMIC, Generation, ModelFacts, Region, Step, Story, Tool
from provenance.marking import label as labelling
from provenance.marking import tc260, write
from provenance.marking.encode import encode
from provenance.marking.label import Labelled
from provenance.marking.profiles import Profile
from provenance.marking.write import Marks

MADE, CHANGED = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A signed file with its marks, all of them found again in it. ``label`` is empty when none was drawn."""

    signed: Signed
    label: str
    text_height: int


def finish(
    picture: bytes,
    *,
    media_type: str,
    story: Story,
    profile: Profile,
    labelled: bool,
    language: str = "",
    told: Generation | None = None,
    made: str = "",
    source_type: str = "",
    prompt_writer: str = "",
) -> Finished:
    """Turn *picture* (the final pixels, a file Pillow reads) into a file that may leave.

    *story* is what happened so far; the label's step, the uses and the soft binding are added here.
    *told* is the generation whose prompt the marks tell, and *made* when that was (ISO 8601), where the
    story itself begins later (an export, a sitting of edits); *source_type* is then that of the picture
    as a whole, if it is known better than :func:`source_type_of` can tell. *labelled* draws the profile's label,
    unless no AI had a part in the picture.

    Raises :class:`MarkingError` or :class:`CredentialError`; nothing is stored, whatever happens.
    """
    from PIL import Image

    from similarity.fingerprint import iscc_code

    told = told or next(iter(story.generations), None)
    model = told.model if told else story.origin
    drawn: Labelled | None = None
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        final: Image.Image = image
        same_format = Image.MIME.get(image.format or "") == media_type
        if labelled and model:
            label = profile.label_for(language=language, modified=modified(story))
            drawn = labelling.apply(image, label=label)
            drawn.image.info |= {"icc_profile": image.info["icc_profile"]} if "icc_profile" in image.info else {}
            story = replace(story, steps=(*story.steps, _label_step(drawn, label.text, profile, language)))
            final = drawn.image
        data = encode(final, media_type=media_type) if drawn or not same_format else picture
        iscc = iscc_code(final.convert("RGB"))
    story = replace(story, iscc=iscc, uses=profile.uses)
    marks = marks_of(story, profile=profile, model=model, told=told, prompt_writer=prompt_writer)
    marks = replace(marks, created=made or marks.created, source_type=source_type or marks.source_type)
    if profile.tc260 and model:
        marks = replace(marks, aigc=_aigc(story, data))
    signed = sign(write.embed(data, media_type=media_type, marks=marks), media_type=media_type, story=story)
    write.check(signed.data, media_type=media_type, marks=marks)
    if drawn:
        with Image.open(io.BytesIO(signed.data)) as image:
            labelling.check(image, labelled=drawn)
    return Finished(signed=signed, label=drawn.text if drawn else "", text_height=drawn.text_height if drawn else 0)


def source_type_of(story: Story) -> str:
    """The one IPTC source type that is true of the whole picture; empty when no AI is known to have a part in it."""
    if not (story.generations or story.origin):
        return ""
    changes = [step for step in story.steps if step.source_type not in ("", ALGORITHMIC)]
    # Made by AI, and only encoded, cropped to nothing or labelled since.
    return CHANGED if changes else MADE


def modified(story: Story) -> bool:
    """Whether AI changed a picture that it had not made."""
    return story.generation is None and story.origin is None and bool(story.generations)


def marks_of(
    story: Story, *, profile: Profile, model: ModelFacts | None, told: Generation | None, prompt_writer: str = ""
) -> Marks:
    """What the XMP packet says of *story* under *profile*; the mark of GB 45438 is added when the bytes are known."""
    open_words = told is not None and not told.commitment and profile.prompt
    return Marks(
        system=model.name if model else "",
        system_version=(model.revision or model.weights_sha256[:16]) if model else "",
        prompt=told.prompt if told and open_words else "",
        negative_prompt=told.negative_prompt if told and open_words else "",
        prompt_writer=prompt_writer if open_words else "",
        title=story.title,
        tool=f"{story.service_name} {story.service_version}",
        created=story.created,
        modified=story.steps[-1].when if story.steps else "",
        identifier=f"urn:uuid:{story.version_id}",
        provider=settings.PROVIDER_NAME if profile.provider else "",
        source_type=source_type_of(story),
        data_mining=profile.data_mining,
        constraint=profile.constraint,
    )


def now(moment: datetime | None = None) -> str:
    """This second, or *moment*, in UTC, as credentials and marks write it."""
    return (moment or timezone.now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def service() -> Tool:
    return Tool(name=settings.SERVICE_NAME, version=settings.SERVICE_VERSION)


def _label_step(drawn: Labelled, text: str, profile: Profile, language: str) -> Step:
    box = drawn.region
    return Step(
        action="c2pa.addedText",
        when=now(),
        source_type=ALGORITHMIC,
        description=f"Visible label: {text}",
        tool=service(),
        regions=(Region(x=box.x, y=box.y, width=box.width, height=box.height),),
        parameters={
            "label": text,
            "language": profile.language(language),
            "letter_height": drawn.text_height,
            "profile": profile.name,
        },
    )


def _aigc(story: Story, data: bytes) -> str:
    """The mark of GB 45438: the version's number is the content's, and the check value that of its pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        pixels = image.convert("RGB")
        check = hashlib.sha256(f"{pixels.width}x{pixels.height}:".encode() + pixels.tobytes()).hexdigest()
    number = story.version_id.replace("-", "")[: tc260.LONGEST_NUMBER]
    return tc260.aigc(producer=settings.PROVIDER_CODE, produce_id=number, integrity=f"sha256-rgb:{check}")
