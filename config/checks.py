"""System checks: what an operator can get wrong, said before the first request (``manage.py check``)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from config.checks_parts import check_parts
from config.checks_vectors import check_vectors

BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps", "memory")
DATABASES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
EXPIRY_WARNING_DAYS = 30
# similarity.style.fit.ALPHAS, which loads numpy.
STYLE_ALPHAS = (0.01, 0.05)


@register(Tags.security)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every check of ours; each message has an id that ``docs/reference/checks.md`` explains."""
    return [
        *_queue(),
        *_database(),
        *_numbers(),
        *_models(),
        *_encoder(),
        *_style(),
        *_signer(),
        *_trust(),
        *_rates(),
        *_marking(),
        *check_parts(),
        *check_vectors(),
    ]


def _queue() -> Iterator[CheckMessage]:
    scheme = settings.CELERY_BROKER_URL.partition(":")[0]
    if scheme not in BROKERS:
        yield Error(
            f"CELERY_BROKER_URL uses “{scheme}:”, which is not a supported broker.",
            hint="Use filesystem:// (the default), redis://… or amqp://….",
            id="colophon.E001",
        )


def _database() -> Iterator[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine not in DATABASES:
        yield Error(
            f"DATABASE_URL selects {engine}, which is not supported.",
            hint="Use sqlite:///… or postgres://….",
            id="colophon.E002",
        )


def _numbers() -> Iterator[CheckMessage]:
    for name, least, most in (
        ("LEASE_SECONDS", 1.0, 3600.0),
        ("SWEEP_SECONDS", 0.1, 3600.0),
        ("MAX_ATTEMPTS", 1, 1000),
        ("MAX_BATCH", 1, 256),
        ("MAX_COUNT", 1, 100),
        ("MAX_UPLOAD_BYTES", 1024, 2**31),
        ("MAX_IMAGE_PIXELS", 65_536, 2**31),
    ):
        if not least <= getattr(settings, name) <= most:
            yield Error(f"COLOPHON_{name} must be from {least:g} to {most:g}.", id="colophon.E003")
    if settings.MAX_BATCH & (settings.MAX_BATCH - 1):
        yield Error(
            f"COLOPHON_MAX_BATCH is {settings.MAX_BATCH}, which is not a power of two.",
            hint="Batches are padded to 1, 2, 4, 8 …",
            id="colophon.E004",
        )


def _models() -> Iterator[CheckMessage]:
    if not settings.MODELS:
        yield Error("COLOPHON_MODELS names no model.", id="colophon.E005")
    for name in settings.MODELS:
        source = settings.MODEL_ALIASES.get(name, name)
        is_folder = source.startswith((".", "/", "~")) or name in settings.MODEL_ALIASES
        if is_folder and not (Path(source).expanduser() / "model_index.json").is_file():
            yield Error(
                f"The model “{name}” of COLOPHON_MODELS has no model_index.json in {source}.",
                hint="Name a folder saved with save_pretrained, or a hub name.",
                id="colophon.E006",
            )


def _encoder() -> Iterator[CheckMessage]:
    kind, _, rest = settings.ENCODER.partition("local-dir:")
    if not kind and not (Path(rest) / "open_clip_config.json").is_file():
        yield Error(
            "COLOPHON_ENCODER names a folder without an open_clip_config.json.",
            hint="Use local-dir:FOLDER, or MODEL/PRETRAINED as open_clip names them.",
            id="colophon.E007",
        )
    elif kind and "/" not in settings.ENCODER:
        yield Error(
            f"COLOPHON_ENCODER is “{settings.ENCODER}”; it must be MODEL/PRETRAINED or local-dir:FOLDER.",
            id="colophon.E007",
        )


def _style() -> Iterator[CheckMessage]:
    if settings.STYLE_ALPHA not in STYLE_ALPHAS:
        yield Error(
            f"COLOPHON_STYLE_ALPHA is {settings.STYLE_ALPHA:g}; calibrations have thresholds for 0.01 and 0.05 only.",
            hint="Set it to 0.05 (the default) or 0.01.",
            id="colophon.E070",
        )


def _signer() -> Iterator[CheckMessage]:
    from datetime import UTC, datetime, timedelta

    from provenance.credentials.errors import CredentialError
    from provenance.credentials.signer import check_signer

    try:
        facts = check_signer()
    except CredentialError as error:
        if error.code == "signer_missing":
            yield Warning(
                error.for_operator,
                hint="`manage.py create_signer` makes a local development signer.",
                id="colophon.W008",
            )
        else:
            yield Error(error.for_operator, id="colophon.E009")
        return
    if facts.not_after - datetime.now(UTC) < timedelta(days=EXPIRY_WARNING_DAYS):
        yield Warning(
            f"The signing certificate “{facts.common_name}” expires on {facts.not_after:%Y-%m-%d}.",
            hint="Install a new one before then; files already signed keep their credential.",
            id="colophon.W010",
        )


def _trust() -> Iterator[CheckMessage]:
    from provenance.credentials import trust
    from provenance.credentials.errors import CredentialError

    # c2pa ignores a list it cannot read, and would then trust nobody without saying so.
    try:
        trust.of_setting()
    except CredentialError as error:
        yield Error(error.for_operator, id="colophon.E011")
    if settings.TSA_URL and urlsplit(settings.TSA_URL).scheme not in ("http", "https"):
        yield Error("COLOPHON_TSA_URL must be an http or https address.", id="colophon.E012")


def _rates() -> Iterator[CheckMessage]:
    for scope, rate in settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].items():
        if not re.fullmatch(r"[1-9][0-9]*/[smhd][a-z]*", rate):
            yield Error(
                f"COLOPHON_RATE_{scope.upper().replace('-', '_')} is “{rate}”, which is no rate.",
                hint="Write a number and a period: 30/min, 600/hour.",
                id="colophon.E013",
            )


def _marking() -> Iterator[CheckMessage]:
    from provenance.marking import tc260
    from provenance.marking.errors import MarkingError
    from provenance.marking.profiles import profile

    try:
        sealed_with = profile(settings.MARKING_PROFILE)
    except MarkingError as error:
        yield Error(error.message, hint="See docs/reference/marking.md.", id="colophon.E030")
        return
    if not tc260.writable(settings.PROVIDER_CODE) or (sealed_with.tc260 and not settings.PROVIDER_CODE):
        yield Error(
            "COLOPHON_PROVIDER_CODE is not one: ASCII characters without spaces, quotation marks and backslashes.",
            hint=f"Files sealed with the profile “{sealed_with.name}” name the provider by it.",
            id="colophon.E031",
        )
