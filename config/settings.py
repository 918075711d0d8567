"""Settings for every environment. All that differs between machines comes from environment variables.

Without `DATABASE_URL` the embedded engines are used (development, tests, a first trial): their
addresses and safe local defaults are filled in by `config.embedded.environment`.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.embedded import environment
from config.lib.masking import mask_links

BASE_DIR = Path(__file__).resolve().parent.parent
if "DATABASE_URL" not in os.environ:
    environment.fill(os.environ, BASE_DIR)
env = environ.Env()

# --- The site -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
PLATFORM_NAME = env("PLATFORM_NAME", default="Lyceum")
SUPPORT_EMAIL = env("SUPPORT_EMAIL", default="support@localhost")
LEGAL_FOOTER = env("LEGAL_FOOTER", default="")
# The galleries under /dev/ and the development mailbox; never on in production.
DEV_PAGES = env.bool("DEV_PAGES", default=DEBUG)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "config",
    "orgs",
    "catalog",
    "programs",
    "learners",
    "messaging",
    "reporting",
    "analytics",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "django_prometheus",
    "pgtrigger",
    "anymail",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
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
                "csp.context_processors.nonce",
                "config.context.platform",
                "learners.people.context.destination",
            ],
            "builtins": ["django.templatetags.i18n", "template_partials.templatetags.partials"],
        },
    }
]
FORM_RENDERER = "config.forms.Renderer"

# --- Data ---------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
# The folder of a socket comes as `?host=` in the address; `dbshell` and the tests look for it in HOST.
_socket = DATABASES["default"].get("OPTIONS", {}).pop("host", None)
DATABASES["default"] |= {
    "HOST": _socket or DATABASES["default"]["HOST"],
    "ENGINE": "django_prometheus.db.backends.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    # Server-side cursors and prepared statements do not survive PgBouncer in transaction mode.
    "DISABLE_SERVER_SIDE_CURSORS": True,
    "OPTIONS": {
        **DATABASES["default"].get("OPTIONS", {}),
        "prepare_threshold": None,
        "connect_timeout": 10,
        "options": (
            "-c client_connection_check_interval=2s -c max_parallel_workers_per_gather=0 "
            f"-c statement_timeout={env.int('STATEMENT_TIMEOUT_SECONDS', default=300)}s"
        ),
    },
}
REDIS_URL = env("REDIS_URL")
REDIS_PREFIX = env("REDIS_PREFIX", default="lyceum:")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}cache",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- People and passwords -----------------------------------------------------------------------
AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ["name", "email"]}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
    )
]
ACCOUNT_ADAPTER = "learners.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# The name is asked by the form itself; the library knows no such field.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "learners.people.forms.accounts.LoginForm",
    "signup": "learners.people.forms.accounts.SignupForm",
    "add_email": "learners.people.forms.accounts.AddEmailForm",
    "change_password": "learners.people.forms.accounts.ChangePasswordForm",
    "set_password": "learners.people.forms.accounts.SetPasswordForm",
    "reset_password": "learners.people.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "learners.people.forms.accounts.ResetPasswordKeyForm",
    "reauthenticate": "learners.people.forms.accounts.ReauthenticateForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
# Adding an address to an account opens a way into it: the password is asked again.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
# allauth limits sign-in, sign-up, reset and confirmation by default; ALLAUTH_TRUSTED_PROXY_COUNT tells it
# how many proxies stand in front, so that the limit counts the visitor and not the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# --- Mail ---------------------------------------------------------------------------------------
# A server: EMAIL_URL=smtp+tls://user:password@host:587 (smtp+ssl for port 465; percent-encode the password).
# A provider's API: EMAIL_BACKEND=anymail.backends.<provider>.EmailBackend and its keys as JSON in ANYMAIL.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"] or (
    465 if EMAIL_CONFIG.get("EMAIL_USE_SSL") else 587 if EMAIL_CONFIG.get("EMAIL_USE_TLS") else 25
)
EMAIL_BACKEND = env("EMAIL_BACKEND", default=EMAIL_CONFIG["EMAIL_BACKEND"])
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
ANYMAIL = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, **env.json("ANYMAIL", default={})}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{PLATFORM_NAME} <no-reply@localhost>")
MAIL_REPLY_TO = env("MAIL_REPLY_TO", default="")
MAILBOX_DIR = Path(env("MAILBOX_DIR", default=str(BASE_DIR / ".state" / "mailbox")))
MAIL_MODULES = ["orgs.emails", "learners.people.emails"]
MAIL_BATCH = env.int("MAIL_BATCH", default=100)
# A mail is begun only with half a lease left: keep that longer than one mail may take
# (six answers of EMAIL_TIMEOUT).
MAIL_LEASE_SECONDS = env.int("MAIL_LEASE_SECONDS", default=300)

# --- Work in the background ---------------------------------------------------------------------
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://") if REDIS_URL.startswith("unix://") else REDIS_URL
)
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": REDIS_PREFIX}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A job whose worker has not reported for this long is taken over by another.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=60)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=10)
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "orgs.sweep_jobs", "schedule": SWEEP_SECONDS},
    "sweep-outbox": {
        "task": "orgs.send_mail",
        "schedule": SWEEP_SECONDS,
        # One that waited for a busy worker until the next is due has no purpose any more.
        "options": {"queue": "mail", "expires": SWEEP_SECONDS},
    },
    "expire-imports": {"task": "learners.expire_imports", "schedule": 6 * 60 * 60},
}

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formats"]

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", default=20 * 1024 * 1024)
IMPORT_ROWS_LIMIT = env.int("IMPORT_ROWS_LIMIT", default=100_000)
# What systems elsewhere may send by xAPI: bytes of one request, requests of one credential.
XAPI_MAX_BODY = env.int("XAPI_MAX_BODY", default=2 * 1024 * 1024)
XAPI_REQUESTS_PER_MINUTE = env.int("XAPI_REQUESTS_PER_MINUTE", default=600)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Safety -------------------------------------------------------------------------------------
_https = _site.scheme == "https"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# --- What the operator sees ---------------------------------------------------------------------
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
_shared: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    mask_links,
]
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
_rendering: list[structlog.typing.Processor] = (
    [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
    if DEBUG
    else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering],
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handler would write every line a second time.
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"level": "WARNING"},
        "django_structlog": {"level": "WARNING"},
    },
}
if SENTRY_DSN := env("SENTRY_DSN", default=""):
    import sentry_sdk

    # Local variables hold addresses and personal links.
    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False, include_local_variables=False)
