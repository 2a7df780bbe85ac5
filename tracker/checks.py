"""System checks: every mistake in the settings, each with a hint."""

import os
import re
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http.request import validate_host

_DATABASES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
_DOORS = (
    "CONTRIBUTIONS_PER_NETWORK",
    "CONTRIBUTIONS_PER_HOST",
    "CONTRIBUTIONS_PER_HOUR",
    "PROOF_ABOVE",
    "RECEIPTS_PER_NETWORK",
)
_BROKERS = ("redis", "rediss", "redis+socket")


def setting_mistakes(**_: Any) -> list[CheckMessage]:
    """What is wrong with the settings, as Django's check framework wants it."""
    return [*_address(), *_https(), *_places(), *_watch(), *_services(), *_doors(), *_ledger(), *_mail()]


def _address() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme not in ("http", "https") or not site.hostname or site.path:
        yield Error(
            f"SITE_URL is {settings.SITE_URL!r}, which is not the address of a site.",
            hint="Give scheme and host, such as https://example.org, without a path.",
            id="tracker.E001",
        )
    elif "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS accepts every host name.",
            hint=f"Name the hosts of the site, separated by commas: {site.hostname}",
            id="tracker.W001",
        )
    elif not validate_host(site.netloc.rpartition("@")[2].partition(":")[0], settings.ALLOWED_HOSTS):
        yield Warning(
            f"The host of SITE_URL, {site.hostname}, is not in ALLOWED_HOSTS: its pages would answer 400.",
            hint=f"Add {site.hostname} to ALLOWED_HOSTS.",
            id="tracker.W002",
        )


def _https() -> Iterator[CheckMessage]:
    if settings.HTTPS and settings.DEBUG:
        yield Warning(
            "DEBUG is on for a site served over https: error pages would show its insides.",
            hint="Leave DEBUG out.",
            id="tracker.W003",
        )
    if settings.HTTPS and not settings.SECURE_PROXY_SSL_HEADER:
        yield Warning(
            "SITE_URL is https, but nothing says who ends the encryption: pages may redirect to themselves.",
            hint="Set BEHIND_PROXY=true when a proxy in front sets X-Forwarded-Proto.",
            id="tracker.W004",
        )


def _places() -> Iterator[CheckMessage]:
    if settings.DATA_DIR.exists() and not os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        yield Error(
            f"DATA_DIR {settings.DATA_DIR} cannot be written to.",
            hint="Give the folder to the user who runs the service, or name another one.",
            id="tracker.E002",
        )
    if settings.DATABASES["default"].get("ENGINE") not in _DATABASES:
        yield Error(
            "DATABASE_URL names a database this service does not run on.",
            hint="Use sqlite:////path/to/file or postgresql://user:password@host/name.",
            id="tracker.E003",
        )
    if urlsplit(settings.CELERY_BROKER_URL).scheme not in _BROKERS:
        yield Error(
            "REDIS_URL is not the address of a Redis or Valkey server.",
            hint="Use redis://host:6379/0, rediss://… or redis+socket:///path, or leave it out.",
            id="tracker.E004",
        )


def _watch() -> Iterator[CheckMessage]:
    if settings.CELERY_WORKER_CONCURRENCY < 1:
        yield Error(
            f"WORKER_CONCURRENCY is {settings.CELERY_WORKER_CONCURRENCY}: no task would ever run.",
            hint="Use 1 or more.",
            id="tracker.E005",
        )
    if settings.PUBLISHED_PER_HOUR < 1:
        yield Error(
            f"PUBLISHED_PER_HOUR is {settings.PUBLISHED_PER_HOUR}: nobody could publish anything.",
            hint="Use 1 or more, or leave it out.",
            id="tracker.E010",
        )
    for name in ("FETCH_CONNECT_SECONDS", "FETCH_TOTAL_SECONDS", "FETCH_MAX_BYTES"):
        if getattr(settings, name) <= 0:
            yield Error(
                f"{name} is not above zero: nothing would ever be fetched.",
                hint="Leave it out to use its default.",
                id="tracker.E006",
            )
    for name in ("BODIES_KEPT_DAYS", "BODIES_MAX_MB"):
        if getattr(settings, name) < 0:
            yield Error(
                f"{name} is below zero.",
                hint="Leave it out to use its default; BODIES_KEPT_DAYS=0 keeps no body.",
                id="tracker.E007",
            )


def _services() -> Iterator[CheckMessage]:
    archive = urlsplit(settings.ARCHIVE_REQUEST_URL)
    if settings.ARCHIVE_REQUEST_URL and (archive.scheme != "https" or not archive.hostname):
        yield Error(
            f"ARCHIVE_REQUEST_URL is {settings.ARCHIVE_REQUEST_URL!r}, which is not an https address.",
            hint="Give what stands before the address of the page, such as https://web.archive.org/save/",
            id="tracker.E008",
        )
    rates = urlsplit(settings.RATES_URL)
    if settings.RATES_URL and (rates.scheme != "https" or not rates.hostname or not rates.path.endswith("/")):
        yield Error(
            f"RATES_URL is {settings.RATES_URL!r}, which is not an https address that ends in /.",
            hint="Leave it out to ask the European Central Bank, or leave it empty to ask nobody.",
            id="tracker.E013",
        )
    if settings.FETCH_ALLOW and not settings.DEBUG:
        yield Warning(
            "FETCH_ALLOW opens private addresses to whoever can name a source.",
            hint="Leave it out, except to try the service against a local server.",
            id="tracker.W005",
        )


def _doors() -> Iterator[CheckMessage]:
    for name in _DOORS:
        if getattr(settings, name) < 1:
            yield Error(
                f"{name} is {getattr(settings, name)}: nobody would be let in.",
                hint="Use 1 or more, or leave it out.",
                id="tracker.E011",
            )


def _ledger() -> Iterator[CheckMessage]:
    if not all(re.fullmatch("[0-9a-f]{64}", key) for key in settings.LEDGER_KEY):
        yield Error(
            "LEDGER_KEY holds something that is no key of 64 hexadecimal digits.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_hex(32))'; several stand with commas.",
            id="tracker.E009",
        )


def _mail() -> Iterator[CheckMessage]:
    if settings.HTTPS and settings.EMAIL_BACKEND == "tracker.mailbox.Folder":
        yield Warning(
            "No mail leaves: contributors and followers who left their address are told nothing.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587.",
            id="tracker.W006",
        )
    for name, value in [
        ("MAIL_FROM", settings.DEFAULT_FROM_EMAIL),
        *(("ALERT_EMAIL", each) for each in settings.ALERT_EMAIL),
    ]:
        if not _is_address(value, named=name == "MAIL_FROM"):
            yield Error(
                f"{name} is {value!r}, which is no e-mail address.",
                hint="Use name@example.org; MAIL_FROM may have a name before it: Name <name@example.org>.",
                id="tracker.E012",
            )


def _is_address(value: str, *, named: bool) -> bool:
    try:
        validate_email(parseaddr(value)[1] if named and value.isprintable() else value)
    except ValidationError:
        return value.endswith("@localhost")
    return True
