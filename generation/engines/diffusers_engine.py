"""Any diffusers text-to-image pipeline, by hub name or folder. Imported by workers only: torch is heavy."""

import contextlib
import inspect
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import diffusers
import structlog
import torch
import transformers
from django.conf import settings
from django.utils.translation import gettext as _

from generation.engines.base import Identity, PictureRequest, Rendered, RenderSpec
from generation.engines.pipeline_files import locate
from generation.errors import Cancelled, GenerationError
from generation.model_folder import public_name, read_passport, revision_of, weights_sha256

log = structlog.get_logger(__name__)

SOFTWARE = {
    "torch": str(torch.__version__),
    "diffusers": str(diffusers.__version__),
    "transformers": str(transformers.__version__),
}


class DiffusersEngine:
    """One pipeline, kept loaded (see :class:`generation.engines.base.Engine`).

    Pictures are a function of request, spec, bucket, dtype, device and library versions, all of
    which :class:`Rendered` tells: batches are padded to the next bucket, and each picture draws
    its noise from a generator of its own on the CPU, where it is the same for every device.
    """

    def __init__(self, model: str) -> None:
        self._name = public_name(model)
        self._device, self._dtype = _best_device()
        folder = locate(model)
        self._pipe = self._load(folder)
        self._others: dict[str, Any] = {}
        self._arguments = {"text2img": _taken(self._pipe)}
        self._lock = threading.Lock()
        self._cpu_threads = read_passport(folder).cpu_threads if self._device == "cpu" else 0
        self.identity = self._identify(model, folder)

    def _load(self, folder: Path) -> Any:
        diffusers.utils.logging.disable_progress_bar()
        transformers.utils.logging.disable_progress_bar()
        # Pickled weights would run code of the model's author: only safetensors are read.
        options = {"dtype": self._dtype, "local_files_only": True, "use_safetensors": True}
        try:
            try:
                pipe = diffusers.AutoPipelineForText2Image.from_pretrained(folder, **options)
            except ValueError as error:
                if "can't find a pipeline" not in str(error):
                    raise
                # Not every family is mapped; its own class may still take a prompt.
                pipe = diffusers.DiffusionPipeline.from_pretrained(folder, **options)
            pipe.to(self._device)
        except Exception as error:
            if _is_out_of_memory(error):
                raise _out_of_memory(self._name) from error
            log.warning("model_unreadable", model=self._name, exc_info=error)
            raise GenerationError(
                "model_unreadable",
                _("The files of the model “%(model)s” cannot be loaded. Its operator must mend or replace them.")
                % {"model": self._name},
                field="model",
            ) from error
        pipe.set_progress_bar_config(disable=True)
        if self._device == "cpu":
            for module in (getattr(pipe, "unet", None), getattr(pipe, "vae", None)):
                if module is not None and all(weight.dim() != 5 for weight in module.parameters()):
                    module.to(memory_format=torch.channels_last)
        return pipe

    def _identify(self, model: str, folder: Path) -> Identity:
        passport = read_passport(folder)
        return Identity(
            name=self._name,
            source=passport.source or self._name,
            revision=passport.revision or passport.version or revision_of(folder),
            weights_sha256=weights_sha256(folder),
            pipeline=type(self._pipe).__name__,
            scheduler=type(self._pipe.scheduler).__name__,
            licence=passport.licence,
            training_statement=passport.training_statement,
            trained_on_artists=passport.trained_on_artists,
            default_steps=passport.default_steps,
            default_guidance=passport.default_guidance,
            native_size=passport.native_size,
        )

    def render(
        self, requests: Sequence[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        """See :meth:`generation.engines.base.Engine.render`.

        Some pipelines treat "no negative prompt" unlike an empty one, for the whole batch, so the
        two kinds of request are rendered apart: no picture depends on its neighbours.
        """
        groups = [
            group
            for wanted in (True, False)
            if (group := [n for n, request in enumerate(requests) if bool(request.negative_prompt) is wanted])
        ]
        pictures: dict[int, Rendered] = {}
        with self._lock, at_most_threads(self._cpu_threads):
            for turn, group in enumerate(groups):

                def report(step: int, turn: int = turn) -> None:
                    on_step((turn * spec.steps + min(step, spec.steps)) // len(groups))

                rendered = self._render_bucket([requests[n] for n in group], spec, on_step=report)
                pictures.update(zip(group, rendered, strict=True))
        return [pictures[n] for n in range(len(requests))]

    def _render_bucket(
        self, requests: list[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        size = bucket(len(requests), limit=settings.MAX_BATCH)
        padded = requests + [requests[-1]] * (size - len(requests))
        started = time.monotonic()
        try:
            pipe = self._pipe_for(spec.operation)
            result = pipe(**self._call_arguments(padded, spec, on_step))
        except (Cancelled, GenerationError):
            raise
        except Exception as error:
            if _is_out_of_memory(error):
                if self._device == "cuda":
                    torch.cuda.empty_cache()
                raise _out_of_memory(self._name) from error
            raise
        seconds = time.monotonic() - started
        flags = getattr(result, "nsfw_content_detected", None) or [False] * size
        pictures = []
        for image, flag in list(zip(result.images, flags, strict=True))[: len(requests)]:
            if image.size != (spec.width, spec.height):
                raise _bad_size(spec, made=image.size)
            pictures.append(
                Rendered(
                    image=image.convert("RGB"),
                    batch_size=size,
                    dtype=str(self._dtype).removeprefix("torch."),
                    device=torch.cuda.get_device_name() if self._device == "cuda" else self._device,
                    seconds=seconds,
                    software=SOFTWARE,
                    refused=bool(flag),
                )
            )
        return pictures

    def _pipe_for(self, operation: str) -> Any:
        """The pipeline of the same weights that does *operation*; made on first use, sharing every module.

        Raises ``operation_not_supported``.
        """
        if operation == "text2img":
            return self._pipe
        if operation not in self._others:
            kind = {"img2img": diffusers.AutoPipelineForImage2Image, "inpaint": diffusers.AutoPipelineForInpainting}
            try:
                pipe = kind[operation].from_pipe(self._pipe)
            except (ValueError, KeyError) as error:
                raise GenerationError(
                    "operation_not_supported",
                    _("The model “%(model)s” cannot change pictures, only make them. Choose another model.")
                    % {"model": self._name},
                    field="model",
                ) from error
            pipe.set_progress_bar_config(disable=True)
            self._others[operation], self._arguments[operation] = pipe, _taken(pipe)
        return self._others[operation]

    def _call_arguments(
        self, requests: list[PictureRequest], spec: RenderSpec, on_step: Callable[[int], None]
    ) -> dict[str, Any]:
        if spec.width % 8 or spec.height % 8:
            raise _bad_size(spec)

        def after_step(_pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            on_step(index + 1)
            return tensors

        arguments: dict[str, Any] = {
            "prompt": [request.prompt for request in requests],
            "width": spec.width,
            "height": spec.height,
            "num_inference_steps": spec.steps,
            "guidance_scale": spec.guidance,
            "generator": [torch.Generator("cpu").manual_seed(request.seed) for request in requests],
            "callback_on_step_end": after_step,
        }
        if requests[0].negative_prompt:
            arguments["negative_prompt"] = [request.negative_prompt for request in requests]
        if spec.operation != "text2img":
            arguments["image"] = [request.source for request in requests]
            # Fewer than one step would be none at all.
            arguments["strength"] = max(spec.strength, 1.001 / spec.steps)
        if spec.operation == "inpaint":
            arguments["mask_image"] = [request.mask for request in requests]
        taken = self._arguments[spec.operation]
        return {name: value for name, value in arguments.items() if name in taken}


@contextlib.contextmanager
def at_most_threads(count: int) -> Iterator[None]:
    """Let torch use no more CPU threads than *count* meanwhile (0: as it likes).

    Threads wait for each other at every operation, which small models have many of: on cores that
    others use as well, two threads took Colophon-Mini up to thirty times as long as one.
    """
    before = torch.get_num_threads()
    if not 0 < count < before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _taken(pipe: Any) -> frozenset[str]:
    """The arguments the pipeline's call has: not every family has all of them."""
    return frozenset(inspect.signature(type(pipe).__call__).parameters)


def bucket(count: int, *, limit: int) -> int:
    """The padded batch size: the next power of two, or *limit* where that is less. ``0 < count ≤ limit``."""
    if not 0 < count <= limit:
        raise ValueError(f"a batch holds 1 to {limit} pictures, not {count}")
    return min(1 << (count - 1).bit_length(), limit)


def _best_device() -> tuple[str, torch.dtype]:
    if torch.cuda.is_available():
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if torch.backends.mps.is_available():
        return "mps", torch.bfloat16
    return "cpu", torch.float32


def _is_out_of_memory(error: BaseException) -> bool:
    """Accelerators have an exception of their own; the CPU allocator only has words."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        hint in words for hint in ("out of memory", "not enough memory", "can't allocate memory")
    )


def _out_of_memory(model: str) -> GenerationError:
    return GenerationError(
        "out_of_memory",
        _("This machine has too little memory for the model “%(model)s” at this size. Ask for a smaller picture.")
        % {"model": model},
    )


def _bad_size(spec: RenderSpec, *, made: tuple[int, int] | None = None) -> GenerationError:
    asked = {"width": spec.width, "height": spec.height}
    if made is None:
        sentence = _("A picture of %(width)d × %(height)d pixels cannot be made: use multiples of 8.") % asked
    else:
        sentence = _(
            "This model cannot make %(width)d × %(height)d pixels; the nearest it makes is %(wide)d × %(high)d."
        ) % {**asked, "wide": made[0], "high": made[1]}
    return GenerationError("bad_size", sentence, field="width")
