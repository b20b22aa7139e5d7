"""Pictures and words to vectors, by any open_clip model."""

import logging
import threading
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from similarity.crops import cut, within_aspect
from similarity.encoder_files import LOCAL_DIR, EncoderFiles, resolve, unreadable
from similarity.errors import SimilarityError
from similarity.readout import Readout
from similarity.readout import load as load_readout

Vectors = NDArray[np.float32]
BATCH = 32

_loading = threading.Lock()
_loaded: dict[str, "Encoder"] = {}


def load_encoder(spec: str | None = None) -> "Encoder":
    """The encoder of *spec* (by default ``settings.ENCODER``), loaded once in each process.

    Raises ``SimilarityError`` (permanent): ``encoder_not_found`` or ``encoder_unreadable``.
    """
    spec = spec or settings.ENCODER
    with _loading:
        if spec not in _loaded:
            _loaded[spec] = Encoder(resolve(spec))
        return _loaded[spec]


@cache
def _fingerprint_of(spec: str) -> str:
    return resolve(spec).fingerprint


def encoder_fingerprint(spec: str | None = None) -> str:
    """The fingerprint of *spec* without loading the model. Raises as ``load_encoder``."""
    return _fingerprint_of(spec or settings.ENCODER)


class Encoder:
    """A loaded model. Safe to use from several threads; ``embed`` runs one batch at a time."""

    def __init__(self, files: EncoderFiles) -> None:
        import torch

        self.files = files
        self.fingerprint = files.fingerprint
        self.device = _device()
        self._running = threading.Lock()
        self._tokenizer: Any = None
        try:
            self._model, self._preprocess = _model_of(files, self.device)
            size = self._model.visual.image_size
            self._side: int = size if isinstance(size, int) else size[0]
            config = self._model.visual.preprocess_cfg
            self._mean = torch.tensor(config["mean"], dtype=torch.float32).view(3, 1, 1)
            self._std = torch.tensor(config["std"], dtype=torch.float32).view(3, 1, 1)
            self._readout = _readout_of(files)
            self.dimension = self._embed_raw([self.prepare(Image.new("RGB", (32, 32)))]).shape[1]
        except SimilarityError:
            raise
        except Exception as error:
            # torch, safetensors and open_clip each raise kinds of their own for a file that does not fit.
            raise unreadable(files.spec, error) from error

    def prepare(self, image: Image.Image) -> Any:
        """A float32 tensor, looks × 3 × side × side, of one RGB picture. Can run in any thread."""
        import torch

        if not self.files.crops.boxes:
            return self._preprocess(within_aspect(image)).unsqueeze(0)
        squares = torch.from_numpy(cut(image, self.files.crops, self._side))
        return squares.permute(0, 3, 1, 2).float().div_(255.0).sub_(self._mean).div_(self._std)

    def embed_prepared(self, prepared: Sequence[Any]) -> Vectors:
        """Vectors of pictures that ``prepare`` made ready: n × dimension, rows of length one."""
        if not prepared:
            return np.empty((0, self.dimension), np.float32)
        return np.concatenate(
            [self._embed_raw(prepared[start : start + BATCH]) for start in range(0, len(prepared), BATCH)]
        )

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Vectors of RGB pictures: n × dimension, float32, rows of length one.

        A vector does not depend on its neighbours in the batch beyond rounding (about 1e-6).
        """
        return self.embed_prepared([self.prepare(image) for image in images])

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """Vectors of sentences: n × the model's own dimension, rows of length one.

        They share a space with ``embed_plain``'s, not with vectors that went through a readout.
        """
        import torch
        from torch.nn import functional

        if self._tokenizer is None:
            self._tokenizer = _tokenizer_of(self.files)
        if not texts:
            return np.empty((0, self._model.visual.output_dim), np.float32)
        with self._running, torch.inference_mode():
            tokens = self._tokenizer(list(texts)).to(self.device)
            vectors = functional.normalize(self._model.encode_text(tokens).float(), dim=1)
        return np.asarray(vectors.cpu().numpy(), np.float32)

    def embed_plain(self, images: Sequence[Image.Image]) -> Vectors:
        """As ``embed``, before the readout: the space that words share."""
        prepared = [self.prepare(image) for image in images]
        return np.concatenate(
            [self._mean_look(prepared[start : start + BATCH]) for start in range(0, len(prepared), BATCH)]
        )

    def _mean_look(self, prepared: Sequence[Any]) -> Vectors:
        import torch
        from torch.nn import functional

        counts = [len(looks) for looks in prepared]
        # TF32 would make a vector depend on the card's generation in its third decimal.
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False, allow_tf32=False)
        with self._running, torch.inference_mode(), exact:
            batch = torch.cat(list(prepared)).to(self.device)
            looks = functional.normalize(self._model.encode_image(batch).float(), dim=1)
            mean = torch.stack([part.mean(dim=0) for part in torch.split(looks, counts)])
            vectors = functional.normalize(mean, dim=1).cpu().numpy()
        return np.asarray(vectors, np.float32)

    def _embed_raw(self, prepared: Sequence[Any]) -> Vectors:
        vectors = self._mean_look(prepared)
        return vectors if self._readout is None else self._readout.apply(vectors)


def _device() -> Any:
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _model_of(files: EncoderFiles, device: Any) -> tuple[Any, Any]:
    import open_clip
    import torch

    quiet = _Quiet()
    # open_clip tells its steps through the root logger, and timm warns about names it has renamed.
    logging.getLogger().addFilter(quiet)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, _train, preprocess = open_clip.create_model_and_transforms(
                files.model, pretrained=files.pretrained, device=device, precision="fp32"
            )
    finally:
        logging.getLogger().removeFilter(quiet)
    # Convolutions on a CPU take an eighth less time with channels last; what has none does not mind.
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last), preprocess


def _tokenizer_of(files: EncoderFiles) -> Any:
    import open_clip

    quiet = _Quiet()
    logging.getLogger().addFilter(quiet)
    try:
        name = files.model if files.model.startswith(LOCAL_DIR) else files.model.replace("/", "-")
        return open_clip.get_tokenizer(name)
    except Exception as error:
        raise unreadable(files.spec, error) from error
    finally:
        logging.getLogger().removeFilter(quiet)


def _readout_of(files: EncoderFiles) -> Readout | None:
    if files.readout is None:
        return None
    held, _facts = load_readout(files.readout)
    if held.projection.ndim != 2 or held.mean.shape != (held.projection.shape[0],):
        raise ValueError(f"readout of shapes {held.mean.shape} and {held.projection.shape} does not fit together")
    return held


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING
