"""Where a pipeline's files are: a folder, or the hub's cache, filled from the network only if allowed."""

from pathlib import Path

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from generation.errors import GenerationError
from generation.model_folder import folder_of, public_name

log = structlog.get_logger(__name__)


def locate(model: str) -> Path:
    """The folder to load *model* from. Raises ``model_not_found``.

    The error is passing when the hub could not be reached, permanent when there is nothing to find.
    """
    folder = folder_of(model)
    if folder is None:
        folder = _from_hub(model)
    if not (folder / "model_index.json").is_file():
        raise _not_found(model)
    return folder


def _from_hub(model: str) -> Path:
    import diffusers
    from huggingface_hub.errors import HFValidationError, RemoteEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(
            diffusers.DiffusionPipeline.download(
                model, local_files_only=not settings.MODEL_DOWNLOADS, use_safetensors=True
            )
        )
    except Exception as error:
        log.warning("model_not_found", model=model, exc_info=error)
        no_such_model = isinstance(error, (RepositoryNotFoundError, RemoteEntryNotFoundError, HFValidationError))
        if no_such_model or not settings.MODEL_DOWNLOADS:
            raise _not_found(model) from error
        raise GenerationError(
            "model_not_found",
            _("The model “%(model)s” could not be fetched. Check the connection to the hub, then try again.")
            % {"model": public_name(model)},
            permanent=False,
            field="model",
        ) from error


def _not_found(model: str) -> GenerationError:
    sentence = (
        _("The model “%(model)s” was not found, on this machine or on the hub. Check its name.")
        if settings.MODEL_DOWNLOADS
        else _("The model “%(model)s” is not on this machine, and this service does not download models.")
    )
    return GenerationError("model_not_found", sentence % {"model": public_name(model)}, field="model")
