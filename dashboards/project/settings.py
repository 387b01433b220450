"""Every setting of AEFI Watch; what differs by installation comes from the environment.

All of it is listed in `.env.example`.
"""

import sys
from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from dashboards.project import logs
from dashboards.project.env import (
    database_from_url,
    env_bool,
    env_float,
    env_list,
    env_secret,
    env_text,
)

logs.configure()

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(env_text("AEFI_VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env_secret("SECRET_KEY", stored_at=VAR_DIR / "secret_key")
IDENTITY_KEY = env_secret("IDENTITY_KEY", stored_at=VAR_DIR / "identity_key")
DEBUG = env_bool("DEBUG", default=False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

DATABASE_URL = env_text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'aefi.sqlite3'}")
LIVE_COMMANDS = (["web"], ["pager"])
DATABASES = {"default": database_from_url(DATABASE_URL, is_live=sys.argv[1:2] in LIVE_COMMANDS)}
REDIS_URL = env_text("REDIS_URL", "")

# The demonstration's clock: real seconds since `AEFI_DEMO_STARTED` count `AEFI_DEMO_SPEED` times.
DEMO_SPEED = env_float("AEFI_DEMO_SPEED", default=1.0)
DEMO_STARTED = env_float("AEFI_DEMO_STARTED", default=0.0)
IS_DEMO = env_bool("AEFI_DEMO", default=False)
if IS_DEMO and not DATABASE_URL.startswith("sqlite:"):
    raise ImproperlyConfigured(
        "The demonstration runs on its own SQLite file only; unset DATABASE_URL."
    )

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "csp",
    "alerts",
    "observation",
    "aefi",
    "dashboards",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dashboards.project.urls"
ASGI_APPLICATION = "dashboards.project.asgi.application"
AUTH_USER_MODEL = "alerts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "alerts.permissions.backends.PinBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "lock"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "lock"
SESSION_COOKIE_AGE = 14 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "alerts.permissions.problems.locked_out"
AXES_VERBOSE = False

# Officers and administrators log in in two steps wherever the installation is not the embedded one.
REQUIRE_TOTP = env_bool("REQUIRE_TOTP", default=not DATABASE_URL.startswith("sqlite:"))
OTP_TOTP_ISSUER = "AEFI Watch"

SERVED_OVER_TLS = env_bool("AEFI_TLS", default=False)
SESSION_COOKIE_SECURE = SERVED_OVER_TLS
CSRF_COOKIE_SECURE = SERVED_OVER_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_OVER_TLS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "connect-src": ["'self'", "ws:", "wss:"],
        "img-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboards.selectors.page_context",
            ],
        },
    },
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "dashboards" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "alerts.permissions.authentication.TokenAuthentication",
        "alerts.permissions.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["alerts.permissions.scope.IsKnown"],
    "DEFAULT_PARSER_CLASSES": ["alerts.permissions.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "alerts.permissions.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AEFI Watch",
    "VERSION": "1",
    "DESCRIPTION": (
        "The hall, the pager, the register and the statistics. "
        "Verbs are POST with an Idempotency-Key."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dashboards.project.published.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SiteKind": "alerts.models.SiteKind",
        "DeviceKind": "alerts.models.DeviceKind",
        "ReceiptKind": "alerts.models.ReceiptKind",
    },
}

BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = env_text("CELERY_BROKER_URL", REDIS_URL or "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
    if CELERY_BROKER_URL.startswith("filesystem:")
    else {}
)
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "roll-up-old-rows": {"task": "alerts.tasks.roll_up_old_rows", "schedule": 3600.0},
    "screen-nightly": {
        "task": "aefi.tasks.screen_nightly",
        "schedule": crontab(hour=2, minute=30),
    },
    "run-waiting-screenings": {
        "task": "aefi.tasks.run_waiting_screenings",
        "schedule": 60.0,
        "options": {"expires": 55.0},
    },
    "arm-case-reminders": {
        "task": "aefi.tasks.arm_case_reminders",
        "schedule": 3600.0,
        "options": {"expires": 3000.0},
    },
    "tend-case-exports": {
        "task": "aefi.tasks.tend_case_exports",
        "schedule": 60.0,
        "options": {"expires": 55.0},
    },
}

# Days after which rows that only say "still here" or "already answered" are rolled up.
KEEP_HEARTBEATS_DAYS = env_float("AEFI_KEEP_HEARTBEATS_DAYS", default=7)
KEEP_COMMANDS_DAYS = env_float("AEFI_KEEP_COMMANDS_DAYS", default=30)
KEEP_RECEIPTS_DAYS = env_float("AEFI_KEEP_RECEIPTS_DAYS", default=90)

# Only for fault tests: the point at which the pager dies as by `kill -9`.
PAGER_CRASH_AT = env_text("PAGER_CRASH_AT", "")

# Outside channels for pages (SMS, voice, WeCom): Apprise addresses; without any, only the log.
APPRISE_URLS = env_list("APPRISE_URLS")
SCREENING_CONTROLS = env_list("SCREENING_CONTROLS")
"""Reactions that no vaccine causes, by which the nightly list is calibrated; a clinician names them."""
TRIAL_URLS = env_list("TRIAL_URLS")
"""Where the trial page of each minute goes: an address of the site's own monitoring, or nowhere."""
