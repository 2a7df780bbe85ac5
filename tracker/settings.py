"""Settings: one file, environment with defaults; every name is documented in docs/operating.md."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from tracker.embedded import broker_socket, kept_secret_key
from tracker.logs import OneLine, hide_receipts, is_ours

BASE_DIR = Path(__file__).resolve().parent.parent


class _Environment(environ.Env):
    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """The value of a variable; one that cannot be read is told by its name."""
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}={self.ENVIRON[var]} cannot be read: {error}") from error


env = _Environment()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
CONTACT_URL = env.str("CONTACT_URL", default=SITE_URL + "/methode/")

# An https address turns on everything that only makes sense there.
HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # it guards a form, and goes when the browser is closed
CSRF_FAILURE_VIEW = "tracker.contribute.send.csrf_failure"
if HTTPS:  # browsers take such a name only from this very host, over https
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None

INSTALLED_APPS = [
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "tracker",
    "indicators",
    "tracker.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tracker.headers.isolate",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "tracker.urls"
WSGI_APPLICATION = "tracker.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database: SQLite in the data folder, or any DATABASE_URL. IMMEDIATE with WAL: without it a burst
# of writers fails with "database is locked". What is erased is overwritten: else it stays in free pages.
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"].get("ENGINE") == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts. The first hasher makes passwords; the second reads those of databases made before it.
PASSWORD_HASHERS = ["tracker.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
OTP_TOTP_ISSUER = "On saura que ça marche"
OTP_TOTP_SYNC = False  # a clock is believed half a minute early or late, and never learned to be further off
PUBLISHED_PER_HOUR = env.int("PUBLISHED_PER_HOUR", default=30)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "tracker.passwords.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "indicators" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# Static files: as they are in the sources, or (the runner sets it, after collecting them) under names that
# carry a hash, compressed and kept by browsers for ever.
HASHED_STATIC = env.bool("HASHED_STATIC", default=False)
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" if HASHED_STATIC else None
WHITENOISE_USE_FINDERS = not HASHED_STATIC
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "map", "png", "woff2")  # maps: 8 MB that nobody reads
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"

# On top of Django's own: these tell the path of what was asked.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": OneLine}},
    "filters": {"receipts": {"()": lambda: hide_receipts}, "ours": {"()": lambda: is_ours}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["ours"]}},
    "root": {"handlers": ["lines"], "level": "WARNING"},
    "loggers": {"django": {"handlers": []}}
    | {
        name: {"filters": ["receipts"]}
        for name in ("django.request", "django.server", "django.security.csrf")
    },
}

SECURE_REFERRER_POLICY = "same-origin"

# The form that is open to everybody: how many contributions are taken from one network in ten minutes, about one host
# in an hour, from everybody in an hour; from how many in ten minutes on a proof of work is asked for; how many receipts
# one network may open in an hour, right or wrong.
CONTRIBUTIONS_PER_NETWORK = env.int("CONTRIBUTIONS_PER_NETWORK", default=8)
CONTRIBUTIONS_PER_HOST = env.int("CONTRIBUTIONS_PER_HOST", default=100)
CONTRIBUTIONS_PER_HOUR = env.int("CONTRIBUTIONS_PER_HOUR", default=1_000)
PROOF_ABOVE = env.int("PROOF_ABOVE", default=60)
RECEIPTS_PER_NETWORK = env.int("RECEIPTS_PER_NETWORK", default=2_000)

# Mail: by the server that EMAIL_URL names, or into a folder where nobody but the operator reads it.
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_BACKEND = "tracker.mailbox.Folder"
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default=f"no-reply@{urlsplit(SITE_URL).hostname or 'localhost'}")
ALERT_EMAIL = env.list("ALERT_EMAIL", default=[])

# Fetching: see tracker/fetch.py.
FETCH_CONNECT_SECONDS = env.float("FETCH_CONNECT_SECONDS", default=10.0)
FETCH_TOTAL_SECONDS = env.float("FETCH_TOTAL_SECONDS", default=30.0)
FETCH_MAX_BYTES = env.int("FETCH_MAX_BYTES", default=10 * 1024 * 1024)
FETCH_USER_AGENT = env.str(
    "FETCH_USER_AGENT", default=f"Mozilla/5.0 (compatible; ca-marche/0.1; +{CONTACT_URL})"
)
FETCH_ALLOW = frozenset(env.list("FETCH_ALLOW", default=[]))
# What stands before the address of a cited page to have a public archive keep it; empty: no archive is asked.
ARCHIVE_REQUEST_URL = env.str("ARCHIVE_REQUEST_URL", default="")
RATES_URL = env.str("RATES_URL", default="https://www.ecb.europa.eu/stats/eurofxref/")
# Servers of our own, let through for a trial, need no politeness.
FETCH_HOST_SECONDS = env.float("FETCH_HOST_SECONDS", default=0.0 if FETCH_ALLOW else 5.0)

# Bodies as they were read, for `manage.py replay`: days that they are kept (0: not at all), and megabytes at most.
BODIES_KEPT_DAYS = env.int("BODIES_KEPT_DAYS", default=30)
BODIES_MAX_MB = env.int("BODIES_MAX_MB", default=1000)

# What signs the ledger's checkpoints: private keys, the oldest first; empty: the one kept in the data folder.
LEDGER_KEY = env.list("LEDGER_KEY", default=[])

# Tasks. Rows are the queue of record: the broker may lose everything and a sweep sends it again.
CELERY_BROKER_URL = env.str("REDIS_URL", default="") or f"redis+socket://{broker_socket(DATA_DIR)}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_throttle": 1,  # seconds between two looks for lost work; the default loses 80 s more
    "socket_connect_timeout": 2,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 280  # seconds; below the visibility timeout, so that no task runs twice at once
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=1)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # kB; a child above it is replaced after its task
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # A tick nobody took before the next one is dropped, so that a pause of the workers leaves no backlog of ticks.
    "dispatch": {"task": "tracker.tasks.dispatch_due_sources", "schedule": 30, "options": {"expires": 30}},
    "hubs": {"task": "tracker.tasks.follow_hubs", "schedule": 30, "options": {"expires": 30}},
    "pages": {"task": "tracker.tasks.dispatch_due_pages", "schedule": 30, "options": {"expires": 30}},
    "links": {"task": "tracker.tasks.dispatch_due_links", "schedule": 300, "options": {"expires": 300}},
    "sweep": {"task": "tracker.tasks.sweep", "schedule": 60, "options": {"expires": 60}},
    "awards": {"task": "tracker.tasks.follow_calls", "schedule": 600, "options": {"expires": 600}},
    "weigh": {"task": "tracker.tasks.weigh_candidates", "schedule": 60, "options": {"expires": 60}},
    "measures": {"task": "tracker.tasks.measure_tenders", "schedule": crontab(hour="3", minute="27")},
    "coverage": {"task": "tracker.tasks.measure_coverage", "schedule": crontab(minute="7")},
    "balance": {"task": "tracker.tasks.tell_balance", "schedule": crontab(minute="47", hour="3")},
    "statuses": {"task": "tracker.tasks.refresh_statuses", "schedule": crontab(minute="17")},
    "triage": {"task": "tracker.tasks.learn_triage", "schedule": crontab(minute="47", hour="2")},
    "ledger": {"task": "tracker.tasks.sign_ledger", "schedule": crontab(minute="57")},
    # Many changes of the registry in a row are one: what is computed from it is computed once a minute at most.
    "files": {"task": "tracker.tasks.make_files", "schedule": 60, "options": {"expires": 60}},
    "circulation": {"task": "tracker.tasks.compute_circulation", "schedule": 60, "options": {"expires": 60}},
    "rates": {"task": "tracker.tasks.ask_rates", "schedule": crontab(minute="52")},
    "answers": {"task": "tracker.tasks.sound_alarms", "schedule": crontab(minute="27")},
    "waves": {"task": "tracker.tasks.find_waves", "schedule": 120, "options": {"expires": 120}},
    "mail": {"task": "tracker.tasks.send_mail", "schedule": 30, "options": {"expires": 30}},
    "prune": {"task": "tracker.tasks.prune", "schedule": crontab(minute="37")},
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is refused like any parameter that does not exist
}
SPECTACULAR_SETTINGS = {
    "TITLE": "On saura que ça marche quand…",
    "VERSION": "1",
    "DESCRIPTION": "Six indicators of technological freedom, what is published about them, and where they stand.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {"RungEnum": "indicators.models.choices.Rung"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
