"""Checks of where vectors are searched."""

import importlib.util
from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error

PACKAGES = {"faiss": "faiss", "pgvector": "pgvector", "milvus": "pymilvus"}


def check_vectors() -> Iterator[CheckMessage]:
    kind = settings.VECTORS
    if kind not in PACKAGES:
        yield Error(
            f"COLOPHON_VECTORS is “{kind}”, which is no store of vectors.",
            hint="Use faiss (the default), pgvector or milvus.",
            id="colophon.E060",
        )
        return
    if importlib.util.find_spec(PACKAGES[kind]) is None:
        yield Error(
            f"COLOPHON_VECTORS is {kind}, and the package {PACKAGES[kind]} is not installed.",
            hint=f"pip install {PACKAGES[kind]}",
            id="colophon.E061",
        )
    in_postgres = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    if not settings.VECTORS_ADDRESS and (kind == "milvus" or (kind == "pgvector" and not in_postgres)):
        yield Error(
            f"COLOPHON_VECTORS is {kind}, and COLOPHON_VECTORS_ADDRESS says nowhere to find it.",
            hint="Write postgres://USER:PASSWORD@HOST/NAME for pgvector, http://HOST:19530 for Milvus.",
            id="colophon.E062",
        )
