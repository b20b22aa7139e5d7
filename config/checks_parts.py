"""System checks of what the service is put together from: folders, classes, cache and addresses."""

import ast
import importlib.util
import tempfile
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.validators import validate_email
from django.utils.module_loading import import_string

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
PER_PROCESS_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")


def check_parts() -> Iterator[CheckMessage]:
    yield from _engine()
    yield from _storage()
    yield from _folder("COLOPHON_DATA_DIR", settings.DATA_DIR)
    yield from _cache()
    yield from _hosts()
    yield from _mail()


def _folder(setting: str, folder: Path) -> Iterator[CheckMessage]:
    """Tried, not asked: a full disk, a quota and a read-only mount look writable to the mode bits."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as f:
            f.write(b"\0")
    except OSError as error:
        yield Error(
            f"Nothing can be written to {folder}: {error.strerror}.",
            hint=f"Make {setting} a folder that this user may write to, on a disk with room.",
            id="colophon.E015",
        )


def _engine() -> Iterator[CheckMessage]:
    """Read, not imported: an engine's module loads torch."""
    module, _dot, name = settings.ENGINE.rpartition(".")
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        yield _no_class("ENGINE", settings.ENGINE, "there is no such module here")
    elif spec.origin and spec.origin.endswith(".py") and name not in _top_names(Path(spec.origin)):
        yield _no_class("ENGINE", settings.ENGINE, f"the module has no “{name}”")


def _top_names(source: Path) -> set[str]:
    """What a module defines, assigns or imports at its top."""
    names = set()
    for node in ast.parse(source.read_bytes()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _no_class(setting: str, path: str, why: str) -> CheckMessage:
    return Error(
        f"COLOPHON_{setting} is “{path}”: {why}.",
        hint="Give the dotted path of a class, and install the package it is in.",
        id="colophon.E014",
    )


def _storage() -> Iterator[CheckMessage]:
    chosen: dict[str, Any] = cast("Any", settings.STORAGES["default"])
    try:
        make = import_string(chosen["BACKEND"])
    except ImportError as error:
        yield _no_class("STORAGE", chosen["BACKEND"], str(error))
        return
    options = chosen.get("OPTIONS", {})
    if not isinstance(options, dict):
        yield _bad_options("it is no JSON object")
        return
    try:
        storage = make(**options)
    except Exception as error:  # whatever a storage makes of options it does not know
        yield _bad_options(str(error))
        return
    if isinstance(storage, FileSystemStorage):
        yield from _folder("COLOPHON_STORAGE_OPTIONS' location", Path(storage.location))


def _bad_options(why: str) -> CheckMessage:
    return Error(
        f"COLOPHON_STORAGE_OPTIONS does not suit the storage class: {why}.",
        hint='Write a JSON object of the class\'s own options, such as {"bucket_name": "pictures"}.',
        id="colophon.E016",
    )


def _cache() -> Iterator[CheckMessage]:
    backend = str(settings.CACHES["default"]["BACKEND"])
    try:
        import_string(backend)
    except ImportError as error:
        yield Error(
            f"CACHE_URL selects {backend}, which is not here: {error}.",
            hint="Use rediscache://HOST:6379/1, or leave it out: files in the data folder.",
            id="colophon.E017",
        )
        return
    if backend.endswith(PER_PROCESS_CACHES):
        yield Warning(
            "CACHE_URL selects a cache that each process has for itself.",
            hint="Throttles and the pause after wrong passwords then count each process apart.",
            id="colophon.W018",
        )


def _hosts() -> Iterator[CheckMessage]:
    for host in settings.ALLOWED_HOSTS:
        bare = host.startswith("[") and host.endswith("]")  # an IPv6 address
        if "/" in host or (":" in host and not bare):
            yield Error(
                f"ALLOWED_HOSTS has “{host}”, which no request can match.",
                hint="Names only: example.org, without https:// and without a port.",
                id="colophon.E019",
            )
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield Warning(
            "ALLOWED_HOSTS is “*”: the service answers to any name, and links it makes can be made to lead elsewhere.",
            hint="List the names it is reached by.",
            id="colophon.W020",
        )


def _mail() -> Iterator[CheckMessage]:
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1].replace("@localhost", "@localhost.localdomain"))
    except ValidationError:
        yield Error(
            f"COLOPHON_MAIL_FROM is “{settings.DEFAULT_FROM_EMAIL}”, which is no e-mail address.",
            hint="Write colophon@example.org, or Colophon <colophon@example.org>.",
            id="colophon.E050",
        )
    address = urlsplit(settings.ADDRESS)
    if address.scheme not in ("http", "https") or not address.hostname:
        yield Error(
            f"COLOPHON_ADDRESS is “{settings.ADDRESS}”, which is no http or https address.",
            hint="Write it as people type it: https://colophon.example.org.",
            id="colophon.E051",
        )
    elif settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") and address.hostname in _OF_THIS_MACHINE:
        yield Warning(
            f"Letters are sent by {settings.EMAIL_HOST}, and their links lead to {settings.ADDRESS}.",
            hint="Set COLOPHON_ADDRESS to the address by which people reach this service.",
            id="colophon.W052",
        )
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        yield from _folder("EMAIL_URL", Path(settings.EMAIL_FILE_PATH))
