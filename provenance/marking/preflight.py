"""What a profile will write into a picture, and what is missing for it, before anything is made. Pure."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from provenance.marking import label as labelling
from provenance.marking import tc260
from provenance.marking.errors import MarkingError
from provenance.marking.profiles import AGREEMENT, ALWAYS, FORBIDDEN, NEVER, Profile


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a picture and of this installation before it is marked.

    ``width`` and ``height`` are pixels. ``generated``: an AI system made it or a part of it;
    ``modified``: AI changed a picture rather than made it. ``labelled_already``: a visible label is
    in its pixels. ``private_prompt``: its prompt is kept back. ``trusted_signer``: the signing
    certificate leads to a trust list; ``timestamp``: a timestamp authority is set up.
    """

    width: int
    height: int
    media_type: str
    generated: bool = True
    modified: bool = False
    transparent: bool = False
    labelled_already: bool = False
    private_prompt: bool = False
    prompt_writer: str = ""
    provider_name: str = ""
    provider_code: str = ""
    content_number: str = "0"
    timestamp: bool = False
    trusted_signer: bool = False


@dataclass(frozen=True)
class Line:
    """One thing that will be written, or that is missing: a stable code and a sentence."""

    code: str
    text: str

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """``missing`` stops the export; ``advice`` does not. ``label`` is empty when none is drawn."""

    profile: str
    writes: tuple[Line, ...]
    missing: tuple[Line, ...]
    advice: tuple[Line, ...]
    label: str
    label_height: int
    agreement: str

    @property
    def ready(self) -> bool:
        return not self.missing


def preflight(
    profile: Profile, facts: Facts, *, labelled: bool = True, agreed: bool = False, language: str = ""
) -> Preflight:
    """Tell what an export of a picture with *facts* under *profile* will carry.

    *labelled*: with the visible label; *agreed*: whoever asks has agreed to the profile's text.
    """
    draws = labelled and facts.generated and profile.label != NEVER and not facts.labelled_already
    label = profile.label_for(language=language, modified=facts.modified)
    missing = [*_provider(profile, facts), *_without_label(profile, facts, labelled=labelled, agreed=agreed)]
    height = 0
    if draws:
        try:
            height = labelling.height_of(label, size=(facts.width, facts.height))
        except MarkingError as error:
            missing.append(Line(error.code, error.message))
    asks = profile.unlabelled == AGREEMENT and facts.generated and not labelled
    return Preflight(
        profile=profile.name,
        writes=tuple(_writes(profile, facts, label=label.text if draws else "", height=height)),
        missing=tuple(missing),
        advice=tuple(_advice(profile, facts)),
        label=label.text if draws else "",
        label_height=height,
        agreement=str(profile.agreement) if asks else "",
    )


def _provider(profile: Profile, facts: Facts) -> list[Line]:
    found = []
    if profile.tc260 and facts.generated:
        try:
            tc260.aigc(producer=facts.provider_code, produce_id=facts.content_number)
        except MarkingError as error:
            found.append(Line(error.code, error.message))
    if profile.provider and facts.generated and not facts.provider_name:
        sentence = _("The provider's name is missing. Ask the operator to set COLOPHON_PROVIDER_NAME.")
        found.append(Line("provider_name_missing", sentence))
    return found


def _without_label(profile: Profile, facts: Facts, *, labelled: bool, agreed: bool) -> list[Line]:
    """What stands against leaving the label out."""
    if labelled or not facts.generated or profile.label != ALWAYS:
        return []
    if profile.unlabelled == FORBIDDEN:
        sentence = _("This profile makes no copy without the visible label.")
        return [Line("unlabelled_forbidden", sentence)]
    if profile.unlabelled == AGREEMENT and not agreed:
        sentence = _("A copy without the visible label needs your agreement to the text below.")
        return [Line("agreement_needed", sentence)]
    return []


def _writes(profile: Profile, facts: Facts, *, label: str, height: int) -> list[Line]:
    found = []
    if label:
        sentence = _("A visible label “%(text)s”, letters %(height)d pixels high.") % {"text": label, "height": height}
        found.append(Line("label", sentence))
    elif facts.labelled_already:
        found.append(Line("label_there", _("The visible label is in the picture already; no second one is drawn.")))
    if facts.generated:
        found.append(Line("iptc_source", _("The kind of source (IPTC): made or changed by AI.")))
        found.append(Line("iptc_system", _("The AI system and its version (IPTC).")))
        if profile.prompt and not facts.private_prompt:
            found.append(Line("iptc_prompt", _("The prompt (IPTC).")))
        if facts.prompt_writer and not facts.private_prompt:
            sentence = _("Who wrote the prompt (IPTC): %(name)s.") % {"name": facts.prompt_writer}
            found.append(Line("iptc_prompt_writer", sentence))
        if profile.provider and facts.provider_name:
            sentence = _("The provider (%(name)s), the time of making and a number of its own.")
            found.append(Line("latent_disclosure", sentence % {"name": facts.provider_name}))
        if profile.tc260:
            found.append(Line("tc260", _("The hidden mark of GB 45438 with the provider's code and a content number.")))
    found.append(Line("plus", _("What it may be used for (PLUS): %(words)s.") % {"words": mining_in_words(profile)}))
    found.append(Line("credential", _("A signed credential (C2PA) with the whole history, last of all.")))
    if facts.timestamp:
        found.append(Line("timestamp", _("The time of signing, confirmed by a timestamp authority.")))
    return found


def mining_in_words(profile: Profile) -> str:
    """What the profile's ``data_mining`` allows, for people."""
    words = {
        "DMI-ALLOWED": _("data mining and training are allowed"),
        "DMI-PROHIBITED": _("no data mining"),
        "DMI-PROHIBITED-AIMLTRAINING": _("not for training AI"),
        "DMI-PROHIBITED-GENAIMLTRAINING": _("not for training AI that generates"),
        "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": _("no data mining but for search engines"),
        "DMI-PROHIBITED-SEECONSTRAINT": profile.constraint,
    }
    return words[profile.data_mining]


def _advice(profile: Profile, facts: Facts) -> list[Line]:
    found = []
    if not facts.generated:
        found.append(Line("not_generated", _("No AI had a part in this picture, so nothing says that one had.")))
    if profile.timestamp and not facts.timestamp:
        sentence = _("Signed without a confirmed time: no timestamp authority is set up (COLOPHON_TSA_URL).")
        found.append(Line("timestamp_missing", sentence))
    if profile.watermark and facts.generated:
        sentence = _("The Code of Practice also asks for an imperceptible watermark. This service writes none.")
        found.append(Line("watermark_missing", sentence))
    if not facts.trusted_signer:
        sentence = _("The signing certificate leads to no trust list: others see “intact, signer not confirmed”.")
        found.append(Line("signer_untrusted", sentence))
    if facts.transparent and facts.media_type == "image/jpeg":
        found.append(Line("transparency_lost", _("JPEG has no transparency: clear parts become white.")))
    return found
