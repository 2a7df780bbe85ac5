"""Every mistake in the settings is told, with a hint; the settings we ship have none."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tracker.celery import app
from tracker.checks import setting_mistakes


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"SITE_URL": "https://example.org", "ALLOWED_HOSTS": [".example.org"], "HTTPS": False}, []),
        ({"SITE_URL": "example.org"}, ["tracker.E001"]),
        ({"SITE_URL": "https://example.org/path"}, ["tracker.E001"]),
        ({"SITE_URL": "https://example.org"}, ["tracker.W002"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["tracker.W001"]),
        ({"HTTPS": True, "SECURE_PROXY_SSL_HEADER": None}, ["tracker.W004"]),
        ({"HTTPS": True, "SECURE_PROXY_SSL_HEADER": ("A", "b"), "DEBUG": True}, ["tracker.W003"]),
        ({"CELERY_BROKER_URL": "amqp://localhost"}, ["tracker.E004"]),
        ({"CELERY_WORKER_CONCURRENCY": 0}, ["tracker.E005"]),
        ({"PUBLISHED_PER_HOUR": 0}, ["tracker.E010"]),
        ({"CONTRIBUTIONS_PER_NETWORK": 0, "PROOF_ABOVE": -1}, ["tracker.E011", "tracker.E011"]),
        ({"FETCH_TOTAL_SECONDS": 0.0, "FETCH_MAX_BYTES": -1}, ["tracker.E006", "tracker.E006"]),
        ({"ARCHIVE_REQUEST_URL": "http://archive.example/save/"}, ["tracker.E008"]),
        ({"RATES_URL": "https://bank.example/eurofxref"}, ["tracker.E013"]),
        ({"FETCH_ALLOW": frozenset({"127.0.0.1:80"})}, ["tracker.W005"]),
        ({"DATA_DIR": Path("/proc/self")}, ["tracker.E002"]),
        ({"LEDGER_KEY": ["0a" * 32, "1b" * 32]}, []),
        ({"DEFAULT_FROM_EMAIL": "Nous <nous@example.org>", "ALERT_EMAIL": ["ops@example.org"]}, []),
        ({"DEFAULT_FROM_EMAIL": "nobody", "ALERT_EMAIL": ["a@b.example\nBcc: c"]}, ["tracker.E012"] * 2),
        (
            {"EMAIL_BACKEND": "tracker.mailbox.Folder", "HTTPS": True, "SECURE_PROXY_SSL_HEADER": ("A", "b")},
            ["tracker.W006"],
        ),
        ({"LEDGER_KEY": ["0a" * 32, "a word"]}, ["tracker.E009"]),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_a_hint(settings, changed, expected):
    plain = {
        "SITE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": ["localhost"],
        "HTTPS": False,
        "DEBUG": False,
    }
    for name, value in (plain | changed).items():
        setattr(settings, name, value)

    mistakes = setting_mistakes()

    assert [mistake.id for mistake in mistakes] == expected
    assert all(mistake.hint for mistake in mistakes)


@pytest.mark.parametrize(("engine", "expected"), [("postgresql", []), ("mysql", ["tracker.E003"])])
def test_a_database_the_service_does_not_run_on_is_told(monkeypatch, engine, expected):
    monkeypatch.setitem(django_settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")

    assert [mistake.id for mistake in setting_mistakes()] == expected


def test_the_tasks_of_the_schedule_exist():
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled - set(app.tasks) == set()
