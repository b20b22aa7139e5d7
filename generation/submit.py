"""Take a request: check all of it, store it once, ring for a worker."""

import math
import re
import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from generation import stored_files
from generation.beginning import checked_beginning
from generation.delivery import ring_render
from generation.errors import GenerationError
from generation.model_folder import Passport, passport_of
from generation.models import Job
from generation.policy import check_request
from generation.prompts import clean_negative_prompt, clean_prompt
from idempotency.once import once

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SIZE_STEP, SIZE_MIN, SIZE_MAX = 8, 64, 2048
STEPS_MAX = 150
GUIDANCE_MAX = 30.0
SEED_MAX = 2**64 - 1


def submit(
    *,
    owner: "AbstractBaseUser",
    prompt: str,
    negative_prompt: str = "",
    model: str = "",
    seed: int | str | None = None,
    width: int | None = None,
    height: int | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    count: int = 1,
    private_prompt: bool = False,
    operation: str = Job.Operation.TEXT_TO_IMAGE,
    source: bytes | None = None,
    mask: bytes | None = None,
    strength: float | None = None,
    idempotency_key: str | None = None,
    on_finish: str | None = None,
) -> tuple[Job, bool]:
    """Store a job and ring for a worker when the transaction commits; whether the job is new.

    Sizes are pixels, *seed* is 0 … 2⁶⁴−1 as a number or as decimal text (random when None). What
    is None is filled in from the model's passport. With *private_prompt* the words stay out of the
    pictures' files.

    *operation* ``img2img`` begins from the picture in *source*, ``inpaint`` also leaves what is black in
    *mask* exactly as it is (both PNG files of one size, which is then the job's); *strength*, 0 to 1,
    says how far to go from it.

    The same owner and key with the same body give the same job again. *on_finish* names the task to
    ring when the job has ended: None is ``settings.JOB_FINISHED_TASK``, empty is nobody.

    Raises ``GenerationError`` with one of the codes of :mod:`generation.prompts`, or ``bad_size``,
    ``bad_steps``, ``bad_guidance``, ``bad_count``, ``bad_seed``, ``unknown_model``,
    ``bad_idempotency_key``, ``idempotency_conflict``, ``bad_operation``, ``bad_source``, ``bad_mask``,
    ``bad_strength``, ``storage_full`` when the owner's files take all the room they may, or what
    ``settings.REQUEST_POLICY`` refuses (``artist_refused``); nothing is stored then.
    """
    begun = checked_beginning(operation=operation, source=source, mask=mask, strength=strength)
    if begun.size is not None:
        settled = {**_checked_settings(model=model, width=None, height=None, steps=steps, guidance=guidance)}
        settled |= {"width": begun.size[0], "height": begun.size[1]}
    else:
        settled = _checked_settings(model=model, width=width, height=height, steps=steps, guidance=guidance)
    row: dict[str, Any] = {
        "prompt": clean_prompt(prompt),
        "negative_prompt": clean_negative_prompt(negative_prompt),
        "seed": _checked_seed(seed),
        "private_prompt": private_prompt,
        "count": _whole(count, 1, settings.MAX_COUNT, field="count", name=_("The number of pictures")),
        **settled,
        **begun.columns,
    }
    # What was left open is part of the request as open, not as what it was filled in with: a
    # repeated request has another random seed.
    asked = {
        "model": model or None,
        "private_prompt": private_prompt or None,
        **{name: value or None for name, value in begun.columns.items()},
        "operation": None if operation == Job.Operation.TEXT_TO_IMAGE else operation,
        "seed": seed,
        "width": width,
        "height": height,
        "steps": steps,
        "guidance": guidance,
    }
    request = once(
        mine=Job.objects.filter(owner_id=owner.pk),
        key=idempotency_key,
        body={name: value if asked.get(name, value) is not None else None for name, value in row.items()},
        refuse=GenerationError,
    )
    if (earlier := request.earlier()) is not None:
        return earlier, False
    check_request(prompt=row["prompt"], source=source)
    stored_files.require_room(owner.pk, sum(map(len, begun.files)), refuse=GenerationError)
    for png in begun.files:
        stored_files.keep(png, "png", owner_id=owner.pk)
    row |= {
        "owner": owner,
        "on_finish": settings.JOB_FINISHED_TASK if on_finish is None else on_finish,
        **request.columns,
    }

    def create() -> Job:
        job = Job.objects.create(**row)
        ring_render()
        return job

    return request.make(create)


def _checked_settings(
    *, model: str, width: int | None, height: int | None, steps: int | None, guidance: float | None
) -> dict[str, Any]:
    """Model, size, steps and guidance: asked for, or the model's own."""
    model = model or settings.MODELS[0]
    if model not in settings.MODELS:
        raise GenerationError(
            "unknown_model",
            _("There is no such model here. Ask for one of: %(models)s.") % {"models": ", ".join(settings.MODELS)},
            field="model",
        )
    passport = passport_of(model)
    guidance = passport.default_guidance if guidance is None else guidance
    if isinstance(guidance, bool) or not isinstance(guidance, (int, float)) or not 0 <= guidance <= GUIDANCE_MAX:
        raise GenerationError(  # NaN and infinity fail the comparison
            "bad_guidance",
            _("Guidance must be a number from 0 to %(limit)d.") % {"limit": GUIDANCE_MAX},
            field="guidance",
        )
    return {
        "model": model,
        "width": _checked_side(width, passport, field="width"),
        "height": _checked_side(height, passport, field="height"),
        "steps": _whole(
            passport.default_steps if steps is None else steps,
            1,
            STEPS_MAX,
            field="steps",
            name=_("The number of steps"),
        ),
        # -0.0 would be another guidance to ``Job.compatible`` and the same to the model.
        "guidance": math.fabs(float(guidance)),
    }


def _checked_side(asked: object, passport: Passport, *, field: str) -> int:
    pixels = passport.native_size if asked is None else asked
    step = math.lcm(SIZE_STEP, passport.size_multiple or 1)
    if type(pixels) is not int or not SIZE_MIN <= pixels <= SIZE_MAX or pixels % step:
        raise GenerationError(
            "bad_size",
            _("Width and height must be multiples of %(step)d from %(low)d to %(high)d pixels.")
            % {"step": step, "low": SIZE_MIN, "high": SIZE_MAX},
            field=field,
        )
    return pixels


def _whole(number: object, low: int, high: int, *, field: str, name: str) -> int:
    if type(number) is not int or not low <= number <= high:
        raise GenerationError(
            f"bad_{field}",
            _("%(name)s must be a whole number from %(low)d to %(high)d.") % {"name": name, "low": low, "high": high},
            field=field,
        )
    return number


def _checked_seed(seed: object) -> str:
    if seed is None:
        return str(secrets.randbits(64))
    number = int(seed) if isinstance(seed, str) and re.fullmatch(r"[0-9]{1,20}", seed) else seed
    if type(number) is not int or not 0 <= number <= SEED_MAX:
        raise GenerationError(
            "bad_seed",
            _("A seed is a whole number from 0 to %(limit)d.") % {"limit": SEED_MAX},
            field="seed",
        )
    return str(number)
