"""What goes into an engine and what comes out, in plain values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class PictureRequest:
    """One picture: what it shows, and the seed (0 … 2⁶⁴−1) of its own random numbers.

    ``source`` (RGB) is what ``img2img`` and ``inpaint`` begin from, ``mask`` (mode ``L``, 0 or 255) where
    ``inpaint`` draws; both have the spec's size.
    """

    prompt: str
    negative_prompt: str
    seed: int
    source: "Image | None" = None
    mask: "Image | None" = None


@dataclass(frozen=True)
class RenderSpec:
    """What all pictures of a batch share. Pixels, denoising steps, classifier-free guidance scale.

    ``operation`` is ``text2img``, ``img2img`` or ``inpaint``; ``strength`` (0 … 1) is how much of the way from
    noise the last two go. A pipeline that cannot do it raises ``operation_not_supported``.
    """

    width: int
    height: int
    steps: int
    guidance: float
    operation: str = "text2img"
    strength: float = 1.0


@dataclass(frozen=True)
class Identity:
    """What a model is: the facts of its passport, fit to be published."""

    name: str
    source: str
    revision: str
    weights_sha256: str
    pipeline: str
    scheduler: str
    licence: str
    training_statement: str
    trained_on_artists: tuple[str, ...]
    default_steps: int
    default_guidance: float
    native_size: int


@dataclass(frozen=True)
class Rendered:
    """One picture (8-bit RGB) and what one must know to make it again.

    ``batch_size`` is the padded size of the batch it was rendered in, ``seconds`` the wall time of
    that batch, ``software`` the versions of the libraries. ``refused`` tells that the model's own
    safety checker rejected the picture (which is then not what the model drew).
    """

    image: "Image"
    batch_size: int
    dtype: str
    device: str
    seconds: float
    software: dict[str, str] = field(default_factory=dict)
    refused: bool = False


class Engine(Protocol):
    """A loaded model. Made with the name people ask for; used by one thread at a time."""

    identity: Identity

    def __init__(self, model: str) -> None:
        """Load it. Raises ``GenerationError``: ``model_not_found``, ``model_unreadable``, ``out_of_memory``."""

    def render(
        self, requests: Sequence[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        """Render at most ``settings.MAX_BATCH`` pictures together, in the order asked for.

        *on_step* is called after each denoising step with the number of steps done; what it raises
        (``Cancelled``) stops the work and passes through. A picture depends on its request, the
        spec and the padded batch size, never on its neighbours. Raises ``GenerationError``:
        ``bad_size``, ``out_of_memory``, ``operation_not_supported``.
        """
