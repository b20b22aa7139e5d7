"""The service's own settings, on a data folder that is thrown away, with the fast engine.

Tests that need the real engine or encoder ask for it by name.
"""

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="colophon-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["COLOPHON_DATA_DIR"] = _data
os.environ.pop("COLOPHON_HTTPS", None)

from config.settings import *  # noqa: E402, F403

ENGINE = "tests.fakes.FakeEngine"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = False
# Reading a credential then asks no database; tests/provenance/verdicts puts it back.
TRUST_LIST_SOURCE = ""
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file, not memory: threads and processes that race need real locks.
    DATABASES["default"]["TEST"] = {"NAME": f"{_data}/tests.sqlite3"}  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405  (whitenoise warns when it is missing)
