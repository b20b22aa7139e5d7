"""Every setting of Colophon, read from the environment (see ``docs/reference/settings.md``)."""

import os
import sys
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from config.api_settings import described
from config.cache_settings import passing
from config.env import BASE_DIR, data_folder, env, local_secret, named_models
from config.log_settings import logging_of

# -- where things are kept -----------------------------------------------------------------------
DATA_DIR = data_folder(env.str("COLOPHON_DATA_DIR", "") or BASE_DIR / "var")
INDEX_DIR = DATA_DIR / "index"
KEY_DIR = DATA_DIR / "keys"

# -- Django --------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or local_secret(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

HTTPS = env.bool("COLOPHON_HTTPS", False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = env.int("COLOPHON_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# ``/readyz`` and ``/healthz`` are asked by orchestrators over plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

INSTALLED_APPS = [
    "config",  # first, so that its ready() comes before the admin's (config/lean.py)
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_structlog",
    "generation",
    "similarity",
    "provenance.works",
    "provenance.credentials",
    "provenance.marking",
    "provenance.recovery",
    "provenance.ledger",
    "provenance.review",
    "provenance.verdicts",
    "provenance.reports",
    "provenance.audits",
    "provenance.artists",
    "provenance.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "provenance.web.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "admin_pages"],  # they go before the admin's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- rows ----------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'colophon.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so a transaction that reads and then writes waits
    # its turn instead of failing with "database is locked" half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# -- files ---------------------------------------------------------------------------------------
_ON_DISK = "generation.blobs.DurableFileSystemStorage"
_storage = env.str("COLOPHON_STORAGE", "") or _ON_DISK
STORAGES = {
    "default": {
        "BACKEND": _storage,
        "OPTIONS": env.json("COLOPHON_STORAGE_OPTIONS", default={})
        or ({"location": str(DATA_DIR / "media")} if _storage == _ON_DISK else {}),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("COLOPHON_STATIC_ROOT", "") or DATA_DIR / "static")
# Uploads above this many bytes are refused before they are read into memory.
MAX_UPLOAD_BYTES = env.int("COLOPHON_MAX_UPLOAD_BYTES", 50 * 1024 * 1024)
# Bytes of files one account may have stored, whatever made them; 0 is no bound.
ACCOUNT_BYTES = env.int("COLOPHON_ACCOUNT_BYTES", 10 * 1024**3)
MAX_IMAGE_PIXELS = env.int("COLOPHON_MAX_IMAGE_PIXELS", 64_000_000)
FILE_UPLOAD_HANDLERS = [
    "config.bodies.DeclaredSize",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- queue ---------------------------------------------------------------------------------------
# Rows are the queue; the broker only rings (docs/decisions/0001).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# CUDA and the C2PA signer do not survive a fork.
CELERY_WORKER_POOL_START_METHOD = "spawn"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_QUEUES = [Queue(name) for name in ("gpu", "cpu", "similarity", "maintenance")]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ROUTES = {
    "generation.tasks.render": {"queue": "gpu"},
    "generation.tasks.sweep": {"queue": "maintenance"},
    "generation.tasks.tidy": {"queue": "maintenance"},
    "provenance.works.tasks.receive": {"queue": "cpu"},
    "provenance.works.tasks.receive_step": {"queue": "cpu"},
    "provenance.works.tasks.compose": {"queue": "cpu"},
    "provenance.works.tasks.audit": {"queue": "similarity"},
    "provenance.works.tasks.seal": {"queue": "cpu"},
    "provenance.works.tasks.sweep": {"queue": "maintenance"},
    "provenance.works.tasks.note_thresholds": {"queue": "maintenance"},
    "provenance.works.tasks.add_timestamps": {"queue": "maintenance"},
    "similarity.tasks.publish_index": {"queue": "similarity"},
    "provenance.ledger.tasks.sign_checkpoint": {"queue": "maintenance"},
    "provenance.verdicts.tasks.judge_outdated": {"queue": "maintenance"},
    "provenance.review.tasks.audit_again": {"queue": "similarity"},
    "provenance.review.tasks.sweep": {"queue": "maintenance"},
    "provenance.reports.tasks.make": {"queue": "similarity"},
    "provenance.reports.tasks.sweep": {"queue": "maintenance"},
    "provenance.reports.tasks.tidy": {"queue": "maintenance"},
    "provenance.artists.tasks.remove_withdrawn": {"queue": "similarity"},
    "provenance.audits.tasks.send_digests": {"queue": "maintenance"},
    "provenance.audits.tasks.judge_set": {"queue": "similarity"},
    "provenance.audits.tasks.sweep": {"queue": "maintenance"},
}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.float("COLOPHON_SOFT_SHUTDOWN_SECONDS", 10.0)
if CELERY_BROKER_URL.startswith("filesystem:"):
    _doorbell = DATA_DIR / "doorbell"
    for _folder in ("messages", "processed", "control"):
        (_doorbell / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_doorbell / "messages"),
        "data_folder_out": str(_doorbell / "messages"),
        "processed_folder": str(_doorbell / "processed"),
        "control_folder": str(_doorbell / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    # A broker that stopped answering is noticed, and the connection made anew. (Requests wait much
    # less: generation/broker.py.)
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30.0, "socket_connect_timeout": 5.0, "socket_keepalive": True}
LEASE_SECONDS = env.float("COLOPHON_LEASE_SECONDS", 60.0)
SWEEP_SECONDS = env.float("COLOPHON_SWEEP_SECONDS", 5.0)
MAX_ATTEMPTS = env.int("COLOPHON_MAX_ATTEMPTS", 5)
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
# The ledger is signed after this long, or this many events; whether it is due is asked every minute.
LEDGER_KEY = env.str("COLOPHON_LEDGER_KEY", str(KEY_DIR / "ledger.pem"))
LEDGER_CHECKPOINT_SECONDS = env.float("COLOPHON_LEDGER_CHECKPOINT_SECONDS", 600.0)
LEDGER_CHECKPOINT_EVENTS = env.int("COLOPHON_LEDGER_CHECKPOINT_EVENTS", 500)
# Works that artists withdrew leave after at most this long; until then it can be taken back.
WITHDRAWAL_SECONDS = env.float("COLOPHON_WITHDRAWAL_SECONDS", 300.0)
CELERY_BEAT_SCHEDULE = {
    # A ring nobody took before the next one is worth nothing.
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "generation.tasks.sweep": SWEEP_SECONDS,
        "generation.tasks.tidy": 3600.0,
        "similarity.tasks.publish_index": 60.0,
        "provenance.works.tasks.sweep": SWEEP_SECONDS,
        "provenance.works.tasks.note_thresholds": 60.0,
        "provenance.works.tasks.add_timestamps": 120.0,
        "provenance.ledger.tasks.sign_checkpoint": 60.0,
        "provenance.verdicts.tasks.judge_outdated": 60.0,
        "provenance.review.tasks.sweep": SWEEP_SECONDS,
        "provenance.reports.tasks.sweep": SWEEP_SECONDS,
        "provenance.reports.tasks.tidy": 3600.0,
        "provenance.audits.tasks.sweep": SWEEP_SECONDS,
        "provenance.audits.tasks.send_digests": 600.0,
        "provenance.artists.tasks.remove_withdrawn": WITHDRAWAL_SECONDS,
    }.items()
}
# Rung, by name, when a job ends: the engine never imports the story.
JOB_FINISHED_TASK = "provenance.works.tasks.receive"
# Called, by name, in the transaction that holds a version: works never import the reviewer's desk.
CASE_OPENER = "provenance.review.open_case.open_case"
# Asked, by name, before a request is stored and before it is rendered: in whose name nothing may be generated.
REQUEST_POLICY = "provenance.artists.policy.check"
# Asked, by name, when a picture is sealed or exported: what its maker wishes about data mining.
MINING_WISHES = "provenance.artists.wishes.of_person"
# Called, by name, in the transaction that erases a person: what rooms above the ledger know of them.
PERSON_FORGETTERS = ["provenance.artists.forget.forget", "provenance.works.forget.forget"]

# -- engines -------------------------------------------------------------------------------------
BUNDLED_GENERATOR = BASE_DIR / "generation" / "bundled" / "colophon-mini"
BUNDLED_ENCODER = BASE_DIR / "similarity" / "bundled" / "colophon-style"
# Idle threads of torch and faiss wait asleep instead of spinning: on a machine whose cores are also
# used by others a picture is then made in a ninth of the time (measured: 1.9 s instead of 16 s).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Names people may ask for: a folder (by its own name), or any name ``from_pretrained`` takes; the first is the default.
MODELS, MODEL_ALIASES = named_models(
    env.list("COLOPHON_MODELS", default=["colophon-mini"]), {"colophon-mini": str(BUNDLED_GENERATOR)}
)
ENGINE = env.str("COLOPHON_ENGINE", "generation.engines.diffusers_engine.DiffusersEngine")
MODEL_DOWNLOADS = env.bool("COLOPHON_MODEL_DOWNLOADS", False)
MAX_BATCH = env.int("COLOPHON_MAX_BATCH", 4)
MAX_COUNT = env.int("COLOPHON_MAX_COUNT", 8)
# ``MODEL/PRETRAINED`` as open_clip names them, or ``local-dir:FOLDER``.
ENCODER = env.str("COLOPHON_ENCODER", f"local-dir:{BUNDLED_ENCODER}")
CATALOGUE = BASE_DIR / "similarity" / "bundled" / "catalogue.npz"
CALIBRATION = BASE_DIR / "similarity" / "bundled" / "calibration.npz"
# The level at which a resemblance is told: the chance of telling one of a picture that imitates nobody.
STYLE_ALPHA = env.float("COLOPHON_STYLE_ALPHA", 0.05)
# Whether a version that resembles somebody's style waits for a reviewer; copies always do.
HOLD_STYLE_MATCHES = env.bool("COLOPHON_HOLD_STYLE_MATCHES", True)
# Where vectors are searched: faiss (in process), pgvector or milvus; and the address and token of the latter two.
VECTORS = env.str("COLOPHON_VECTORS", "faiss")
VECTORS_ADDRESS = env.str("COLOPHON_VECTORS_ADDRESS", "")
VECTORS_TOKEN = env.str("COLOPHON_VECTORS_TOKEN", "")

# -- credentials ---------------------------------------------------------------------------------
# Certificate chain (leaf first) and private key, PEM. Empty: the local development signer.
SIGNER_CHAIN = env.str("COLOPHON_SIGNER_CHAIN", str(KEY_DIR / "chain.pem"))
SIGNER_KEY = env.str("COLOPHON_SIGNER_KEY", str(KEY_DIR / "key.pem"))
SIGNER_ALGORITHM = env.str("COLOPHON_SIGNER_ALGORITHM", "es256")
# More signers, each with the moment from which it signs (see docs/reference/settings.md).
SIGNERS = env.json("COLOPHON_SIGNERS", default=[])
TSA_URL = env.str("COLOPHON_TSA_URL", "")
# PEM bundle of roots whose signers are shown as trusted (a C2PA trust list).
TRUST_LIST = env.str("COLOPHON_TRUST_LIST", "")
# Called, by name, when that is empty: the list that ``manage.py trustlist`` put into use.
TRUST_LIST_SOURCE = "provenance.verdicts.trust_lists.active"
# Whether anybody may look up published manifests by a binding or a picture (C2PA Soft Binding Resolution API).
SOFT_BINDING_API = env.bool("COLOPHON_SOFT_BINDING_API", True)
# A TrueType or OpenType font for plaques; empty: one of the system's with Latin and Chinese letters.
PLAQUE_FONT = env.str("COLOPHON_PLAQUE_FONT", "")
SERVICE_NAME = env.str("COLOPHON_SERVICE_NAME", "Colophon")
SERVICE_VERSION = "0.1.0"

# -- marks ---------------------------------------------------------------------------------------
# The profile a version is sealed with; exports choose their own. Fields: docs/reference/marking.md.
MARKING_PROFILE = env.str("COLOPHON_MARKING_PROFILE", "plain")
# Changes to profiles, and profiles of one's own: {"korea": {"place": "top-left"}, "house": {…}}.
MARKING_PROFILES = env.json("COLOPHON_MARKING_PROFILES", default={})
# Who offers this service, and the code China gave them (GB 45438).
PROVIDER_NAME = env.str("COLOPHON_PROVIDER_NAME", SERVICE_NAME)
PROVIDER_CODE = env.str("COLOPHON_PROVIDER_CODE", "")

# -- people --------------------------------------------------------------------------------------
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:studio"
LOGOUT_REDIRECT_URL = "web:start"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "provenance" / "web" / "locale"]
FORMAT_MODULE_PATH = ["provenance.web.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# -- e-mail --------------------------------------------------------------------------------------
# Where letters go: a server, standard output, or (as it comes) files in a folder.
_mail = env.email_url("EMAIL_URL", default="filemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"] or str(DATA_DIR / "mail")
EMAIL_HOST = _mail["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("COLOPHON_MAIL_FROM", "colophon@localhost")
# By what address people reach this service; links in letters begin with it.
ADDRESS = env.str("COLOPHON_ADDRESS", "http://localhost:8000").rstrip("/")

# -- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "config.bodies.JsonBody",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "config.rest.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "provenance.web.throttle.AnonThrottle",
        "provenance.web.throttle.UserThrottle",
        "provenance.web.throttle.ScopedThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("COLOPHON_RATE_ANON", "60/min"),
        "user": env.str("COLOPHON_RATE_USER", "600/min"),
        "verify": env.str("COLOPHON_RATE_VERIFY", "30/min"),
        "public-version": env.str("COLOPHON_RATE_PUBLIC", "120/min"),
        "soft-binding": env.str("COLOPHON_RATE_SOFT_BINDING", "30/min"),
        "create-job": env.str("COLOPHON_RATE_CREATE_JOB", "120/min"),
        "set-audit": env.str("COLOPHON_RATE_SET_AUDIT", "20/min"),
    },
    # How many proxies of ours stand in front: addresses that others wrote before theirs are not believed,
    # or everybody could have a throttle of their own for each request.
    "NUM_PROXIES": env.int("COLOPHON_PROXIES", 1 if HTTPS else 0),
    "EXCEPTION_HANDLER": "config.rest.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = described(SERVICE_VERSION)
CACHES = {
    "default": (
        passing(env.cache_url("CACHE_URL"))
        if env.str("CACHE_URL", "")
        # Shared by every web process of this machine, so that throttles count all of them.
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(DATA_DIR / "cache"),
            # Django's 300 would throw throttle counters away while they still count.
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    )
}

UNFOLD = {
    "SITE_TITLE": "Colophon",
    "SITE_HEADER": "Colophon",
    "SITE_URL": reverse_lazy("web:start"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("web/mark.svg")}],
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "config.dashboard.dashboard",
}

# -- logs ----------------------------------------------------------------------------------------
# Commands speak to a person on standard output; servers and workers tell their story in the log.
LOG_LEVEL = env.str("LOG_LEVEL", "WARNING" if Path(sys.argv[0]).name == "manage.py" else "INFO")
LOGGING = logging_of(LOG_LEVEL, as_json=env.bool("LOG_JSON", not DEBUG))
