"""The machine and its settings: Python, disk, clock, keys, names, certificate. No database."""

import ctypes
import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _

from alerts.watchdog import LEAST_FREE
from dashboards.management import certificates
from dashboards.management.doctor.finding import LOCAL_HOSTS, Finding, broken, doubtful, well

LEAST_PYTHON = (3, 11)
LEAST_KEY = 32
COMFORTABLE = 4 * LEAST_FREE
NOT_SYNCHRONISED = 5
"""What `adjtimex` answers while no time service steers the clock (TIME_ERROR)."""


def python() -> Iterator[Finding]:
    """Look at the interpreter."""
    version = platform.python_version()
    if sys.version_info >= LEAST_PYTHON:
        yield well("python", _("Python {version}.").format(version=version))
        return
    yield broken(
        "python",
        _("Python {version} is too old.").format(version=version),
        _("Install Python 3.11 or later, then run make install."),
    )


def disk() -> Iterator[Finding]:
    """Look at the room for the database."""
    free = shutil.disk_usage(settings.VAR_DIR).free
    words = _("{free} GB are free in {folder}.").format(
        free=f"{free / 2**30:.1f}", folder=settings.VAR_DIR
    )
    remedy = _("Free space on this disk: a full disk refuses calls for help.")
    if free < LEAST_FREE:
        yield broken("disk", words, remedy)
    elif free < COMFORTABLE:
        yield doubtful("disk", words, remedy)
    else:
        yield well("disk", words)


def clock_service() -> Iterator[Finding]:
    """Ask the kernel whether a time service steers the clock."""
    state = kernel_clock_state()
    if state is None:
        yield doubtful(
            "clock.service",
            _("This system does not tell whether its clock is set by a time service."),
            _("Compare the clock with another one before opening."),
        )
    elif state == NOT_SYNCHRONISED:
        yield doubtful(
            "clock.service",
            _("No time service steers this clock."),
            _("Switch on NTP (systemd-timesyncd or chrony); compare the clock before opening."),
        )
    else:
        yield well("clock.service", _("A time service steers this clock."))


def kernel_clock_state() -> int | None:
    """Return the answer of `adjtimex`, asked without changing anything; None where there is none."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (AttributeError, OSError):
        return None


def secrets() -> Iterator[Finding]:
    """Look at the keys: long enough, and readable for their owner only."""
    if len(settings.SECRET_KEY) < LEAST_KEY:
        yield broken(
            "secret_key",
            _("The secret key is shorter than {least} characters.").format(least=LEAST_KEY),
            _("Unset SECRET_KEY, so that a long one is made and kept; everybody logs in again."),
        )
    open_files = [name for name in ("secret_key", "identity_key") if is_open(name)]
    for name in open_files:
        yield broken(
            "secret_key",
            _("Others on this machine can read the key file {name}.").format(name=name),
            _("Run: chmod 600 {path}").format(path=Path(settings.VAR_DIR) / name),
        )
    if not open_files and len(settings.SECRET_KEY) >= LEAST_KEY:
        yield well("secret_key", _("The keys are long and only their owner can read them."))


def is_open(name: str) -> bool:
    """Say whether others than its owner can read a key file."""
    path = Path(settings.VAR_DIR) / name
    others = stat.S_IRWXG | stat.S_IRWXO
    return path.exists() and bool(os.stat(path).st_mode & others)


def debug() -> Iterator[Finding]:
    """Look for the developers' mode, which shows secrets on every error page."""
    if settings.DEBUG:
        yield broken(
            "debug", _("DEBUG is on: error pages show settings."), _("Unset DEBUG and restart.")
        )


def reaches_others() -> bool:
    """Say whether anybody but this machine may ask for the pages."""
    return bool(set(settings.ALLOWED_HOSTS) - LOCAL_HOSTS)


def allowed_hosts() -> Iterator[Finding]:
    """Look at the names under which the pages answer."""
    hosts = ", ".join(settings.ALLOWED_HOSTS)
    if "*" in settings.ALLOWED_HOSTS:
        yield doubtful(
            "allowed_hosts",
            _("The pages answer under every name."),
            _("Write the site's own names into ALLOWED_HOSTS."),
        )
    elif reaches_others():
        yield well("allowed_hosts", _("The pages answer under: {hosts}.").format(hosts=hosts))
    else:
        yield well("allowed_hosts", _("The pages answer on this machine only."))


def tls() -> Iterator[Finding]:
    """Look whether passwords cross the network in the clear."""
    if settings.SERVED_OVER_TLS:
        yield well("tls", _("Served over TLS."))
    elif reaches_others():
        yield broken(
            "tls",
            _("Other machines are served without TLS: passwords can be read on the way."),
            _("Start with aefi lan, or set AEFI_TLS=1 behind a TLS proxy."),
        )
    else:
        yield well("tls", _("No TLS; only this machine is served."))


def certificate(now: datetime) -> Iterator[Finding]:
    """Look at how long the site's own certificate still holds, where there is one."""
    path = Path(settings.VAR_DIR) / "ca" / certificates.SERVER_FILE
    if not path.exists():
        return
    until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    words = _("The server's certificate holds until {day}.").format(day=f"{until:%Y-%m-%d}")
    remedy = _("Start aefi lan once; it renews the certificate and devices keep their trust.")
    if until <= now:
        yield broken("certificate", words, remedy)
    elif until - now < certificates.RENEW_BEFORE / 2:
        yield doubtful("certificate", words, remedy)
    else:
        yield well("certificate", words)
