"""A quick start: optional parts of libraries that nothing here uses stay unloaded.

Some libraries load another one whenever it is installed, "in case". Here each of those is on the
machine for somebody else's sake, and together they were a quarter of what ``manage.py check`` took.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping

# library → what it would load: colours for tracebacks, a test client over HTTP, a browsable API,
# PostgreSQL's own field types, templates for tests. The database's driver is loaded by its backend.
UNUSED = {
    "structlog": ("rich",),
    "rest_framework.compat": ("requests", "pygments", "psycopg"),
    "django.test.utils": ("jinja2",),
}
# Those that can only be loaded once Django's models are.
UNUSED_AFTER_MODELS = {"unfold.overrides": ("psycopg",)}


@contextlib.contextmanager
def absent(*names: str) -> Iterator[None]:
    """As if *names* were not installed, for what is imported meanwhile; a module that is loaded stays."""
    hidden = [name for name in names if name not in sys.modules]
    # None is how importlib notes a module that is known to be missing.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def load_leanly(unused: Mapping[str, tuple[str, ...]]) -> None:
    """Load the libraries that are its keys now, without what they would bring along."""
    for library, brought in unused.items():
        with absent(*brought):
            importlib.import_module(library)
