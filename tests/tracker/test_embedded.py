"""The secret key is kept for its owner alone; the broker's socket always has a path the system accepts."""

from pathlib import Path

from tracker.embedded import broker_socket, keep_secret_key, kept_secret_key


def test_a_secret_key_is_kept_once_and_for_its_owner_alone(tmp_path):
    keep_secret_key(tmp_path)
    first = kept_secret_key(tmp_path)
    keep_secret_key(tmp_path)

    assert kept_secret_key(tmp_path) == first
    assert len(first) >= 50
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_without_a_kept_key_each_process_has_its_own(tmp_path):
    assert kept_secret_key(tmp_path) != kept_secret_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_socket_stands_in_the_data_folder_when_its_path_is_short_and_plain():
    assert broker_socket(Path("/srv/tracker")) == Path("/srv/tracker/broker.sock")


def test_a_deep_or_odd_data_folder_gets_a_short_path_of_its_own():
    folders = [Path("/srv") / ("x" * 90) / name for name in ("one", "two")] + [Path("/srv/été 2026")]
    sockets = [broker_socket(folder) for folder in folders]

    assert len(set(sockets)) == 3
    assert all(len(str(path)) <= 107 and str(path).isascii() and " " not in str(path) for path in sockets)
    assert sockets == [broker_socket(folder) for folder in folders]


def test_an_empty_key_counts_as_none(tmp_path):
    (tmp_path / "secret_key").touch()
    assert len(kept_secret_key(tmp_path)) > 50

    keep_secret_key(tmp_path)

    assert kept_secret_key(tmp_path) == (tmp_path / "secret_key").read_text().strip() != ""
