"""What every test stands on: no socket beyond this machine, one `now`, the shared folder if it is there."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from pytest_django import DjangoDbBlocker

from indicators import append_only
from tests.factories import verified
from tests.postgresql import cluster, is_installed

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# The same examples each time, however slow the machine; `--hypothesis-profile=default` takes others.
hypothesis.register_profile(
    "repeated", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.load_profile("repeated")


def pytest_configure() -> None:
    """Compile the French catalogue, so that tests read the words that people read."""
    for catalogue in ROOT.glob("indicators/locale/*/LC_MESSAGES/django.po"):
        half_done = catalogue.with_suffix(f".{os.getpid()}")  # another run may be reading the finished one
        with catalogue.open("rb") as words, half_done.open("wb") as compiled:
            write_mo(compiled, read_po(words))
        half_done.replace(catalogue.with_suffix(".mo"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in production: a database in memory knows neither WAL nor two writers."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-m django_db` selects what uses a database, whether a mark or a fixture asks for it; but no browser."""
    fixtures = set(item.fixturenames)
    if fixtures & {"db", "transactional_db"} and "live_server" not in fixtures:
        item.add_marker("django_db")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: what starts last keeps everybody waiting."""
    items.sort(key=lambda item: item.path.name not in {"test_postgresql.py", "test_killed_worker.py"})


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: packed ones hold the time of day, and every worker must collect the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Append-only tables as `manage.py prepare` guards them; what empties tables between tests may empty them too."""
    operations, names = type(connection.ops), append_only.tables()
    flush = operations.sql_flush

    def sql_flush(self: BaseDatabaseOperations, *args: object, **options: object) -> list[str]:
        released = append_only.releasing(connection.vendor, names)
        return [*released, *flush(self, *args, **options), *append_only.guarding(connection.vendor, names)]

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        append_only.guard(connection, names)
        patch.setattr(operations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is kept in files is kept elsewhere while tests run."""
    settings.DATA_DIR = tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Each test begins in the language of the settings, whichever page the one before asked for last."""
    yield
    translation.deactivate()


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of an empty PostgreSQL database of our own."""
    if not is_installed():
        pytest.skip("no PostgreSQL server here: apt install postgresql")
    with cluster() as url:
        yield url


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    """The browser of a superuser, logged in with both steps."""
    return verified(Client(), admin_user)


@pytest.fixture
def now() -> datetime:
    """The one moment at which a test takes place."""
    return datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real feeds, notices and hostile inputs that stands beside the project on some machines."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real feeds, notices and hostile inputs is not on this machine")
    return SHARED
