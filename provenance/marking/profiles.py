"""Marking profiles: which marks and which label a place asks for. Pure (settings come in as a mapping).

Sources: GB 45438-2025 and the labelling Measures of 2025 (China), AI Act art. 50 with its Code of
Practice (EU), BPC §22757.3 (California), AI Basic Act art. 31 (Korea), IT Rules as amended 2026 (India).
Engineering guidance, not legal advice: every page that shows a profile says so.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provenance.marking import lettering
from provenance.marking.errors import MarkingError
from provenance.marking.label import PLACES, Label

NEVER, OPTIONAL, ALWAYS = "never", "optional", "always"
FREE, AGREEMENT, FORBIDDEN = "free", "agreement", "forbidden"
LABELS, UNLABELLED = (NEVER, OPTIONAL, ALWAYS), (FREE, AGREEMENT, FORBIDDEN)
# What PLUS says of data mining, and the same in CAWG's four words: the two must agree in one file.
_ALLOWED, _NOT = "allowed", "notAllowed"
_USES = ("cawg.data_mining", "cawg.ai_inference", "cawg.ai_training", "cawg.ai_generative_training")
MINING: Mapping[str, tuple[str, str, str, str]] = {
    "DMI-ALLOWED": (_ALLOWED, _ALLOWED, _ALLOWED, _ALLOWED),
    "DMI-PROHIBITED": (_NOT, _NOT, _NOT, _NOT),
    "DMI-PROHIBITED-AIMLTRAINING": (_ALLOWED, _ALLOWED, _NOT, _NOT),
    "DMI-PROHIBITED-GENAIMLTRAINING": (_ALLOWED, _ALLOWED, _ALLOWED, _NOT),
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": ("constrained", _NOT, _NOT, _NOT),
    "DMI-PROHIBITED-SEECONSTRAINT": ("constrained",) * 4,
}
_ENGLISH = {"en": "AI GENERATED"}
_AGREEMENT = gettext_lazy(
    "I ask for a copy without the visible label. I know that AI-generated pictures must be recognisable as such where "
    "they are shown, and I take on the duty to label this copy before I pass it on. That I asked, and when, is kept."
)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What an export for one place carries. Field by field:

    ``label``: never, optional or always drawn; ``unlabelled``: a copy without it is free, asks for
    agreement, or is forbidden. ``texts`` and ``modified_texts`` hold the label's words by language,
    the first being the usual one; the second is for pictures that AI changed rather than made.
    ``place`` and ``share`` as in :class:`~provenance.marking.label.Label`. ``tc260``: the mark of GB
    45438; ``provider``: the provider's name. ``prompt``: whether the (not private) prompt is written.
    ``timestamp``, ``watermark``: asked for there. ``data_mining``: a key of :data:`MINING`.
    """

    name: str
    title: str | Promise
    label: str = OPTIONAL
    unlabelled: str = FREE
    texts: Mapping[str, str] = field(default_factory=lambda: _ENGLISH)
    modified_texts: Mapping[str, str] = field(default_factory=dict)
    place: str = "bottom-right"
    share: float = 0.05
    tc260: bool = False
    provider: bool = True
    prompt: bool = True
    timestamp: bool = False
    watermark: bool = False
    data_mining: str = "DMI-PROHIBITED-AIMLTRAINING"
    constraint: str = ""
    agreement: str | Promise = _AGREEMENT

    @property
    def uses(self) -> dict[str, str]:
        """The same choice as ``data_mining``, for the credential (CAWG training and data mining 1.1)."""
        return dict(zip(_USES, MINING[self.data_mining], strict=True))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.texts)

    def language(self, asked: str = "") -> str:
        """*asked* if there are words in it, else the profile's usual language."""
        return asked if asked in self.texts else next(iter(self.texts))

    def label_for(self, *, language: str = "", modified: bool = False) -> Label:
        language = self.language(language)
        text = self.modified_texts.get(language, self.texts[language]) if modified else self.texts[language]
        return Label(text, place=self.place, share=self.share)


BUILT_IN: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(name="plain", title=gettext_lazy("Plain"), provider=False),
        Profile(
            name="eu",
            title=gettext_lazy("European Union"),
            label=ALWAYS,
            unlabelled=AGREEMENT,
            modified_texts={"en": "AI MODIFIED"},
            timestamp=True,
            watermark=True,
        ),
        Profile(name="california", title=gettext_lazy("California")),
        Profile(
            name="china",
            title=gettext_lazy("China"),
            label=ALWAYS,
            unlabelled=AGREEMENT,
            texts={"zh-hans": "AI生成"},
            tc260=True,
        ),
        Profile(
            name="korea",
            title=gettext_lazy("Korea"),
            label=ALWAYS,
            unlabelled=FORBIDDEN,
            texts={"ko": "AI 생성물", "en": "AI GENERATED"},
        ),
        Profile(name="india", title=gettext_lazy("India"), label=ALWAYS, unlabelled=FORBIDDEN),
        Profile(name="custom", title=gettext_lazy("Custom")),
    )
}


def all_profiles(changes: Mapping[str, Any]) -> dict[str, Profile]:
    """The built-in profiles with *changes* (``settings.MARKING_PROFILES``): ``{name: {field: value}}``.

    A new name begins as a copy of ``custom``. Raises :class:`MarkingError` ``profile_invalid``, which
    names the profile and the field.
    """
    profiles = dict(BUILT_IN)
    if not isinstance(changes, Mapping):
        raise _invalid("*", _("COLOPHON_MARKING_PROFILES must be an object: {name: {field: value}}"))
    for name, fields in changes.items():
        if not (isinstance(name, str) and name.replace("-", "").isalnum() and len(name) <= 20):
            raise _invalid(str(name), _("its name must be letters, digits and hyphens, at most 20"))
        if not isinstance(fields, Mapping):
            raise _invalid(name, _("it must be an object of fields"))
        profiles[name] = _changed(profiles.get(name, profiles["custom"]), name, fields)
    return profiles


def profile(name: str) -> Profile:
    """The profile called *name*, as this installation has it. ``unknown_profile`` when there is none."""
    from django.conf import settings

    profiles = all_profiles(settings.MARKING_PROFILES)
    if name not in profiles:
        raise MarkingError(
            "unknown_profile",
            _("There is no marking profile “%(name)s”. Choose one of: %(names)s.")
            % {"name": name[:40], "names": ", ".join(profiles)},
        )
    return profiles[name]


def _changed(base: Profile, name: str, fields: Mapping[str, Any]) -> Profile:
    known = {item.name: type(getattr(base, item.name)) for item in dataclasses.fields(base) if item.name != "name"}
    for key, value in fields.items():
        if key not in known:
            raise _invalid(name, _("it has no field “%(field)s”") % {"field": key})
        wanted = known[key]
        texts = key in ("title", "agreement")
        fits = isinstance(value, str) if texts else isinstance(value, wanted) or (key == "share" and value in (0, 1))
        if not fits or (key == "title" and not value):
            raise _invalid(name, _("its field “%(field)s” has a value of another kind") % {"field": key})
    made = dataclasses.replace(base, **{"name": name, "title": name.capitalize(), **fields})
    if name in BUILT_IN and "title" not in fields:
        made = dataclasses.replace(made, title=base.title)
    for problem in _problems(made):
        raise _invalid(name, problem)
    return made


def _problems(made: Profile) -> list[str]:
    found = []
    for key, value, choices in (
        ("label", made.label, LABELS),
        ("unlabelled", made.unlabelled, UNLABELLED),
        ("place", made.place, PLACES),
        ("data_mining", made.data_mining, tuple(MINING)),
    ):
        if value not in choices:
            found.append(_("“%(field)s” must be one of: %(choices)s") % {"field": key, "choices": ", ".join(choices)})
    if not 0.01 <= made.share <= 0.25:
        found.append(_("“share” must be between 0.01 and 0.25 of the shorter side"))
    if made.tc260 and made.share < 0.05:
        # xgettext:no-python-format
        found.append(_("GB 45438 asks for text of at least 5 % of the shorter side"))
    if made.data_mining.endswith("SEECONSTRAINT") != bool(made.constraint):
        found.append(_("“constraint” goes with DMI-PROHIBITED-SEECONSTRAINT, and only with it"))
    if not made.texts:
        found.append(_("“texts” must hold the label's words in one language at least"))
    for text in (*made.texts.values(), *made.modified_texts.values()):
        try:
            lettering.spell(text if isinstance(text, str) else "")
        except MarkingError as error:
            found.append(error.message)
    return found


def _invalid(name: str, why: str) -> MarkingError:
    return MarkingError(
        "profile_invalid", _("The marking profile “%(name)s” cannot be used: %(why)s.") % {"name": name, "why": why}
    )
