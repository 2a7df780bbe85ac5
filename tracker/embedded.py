"""What the embedded default keeps beside its database: the secret key and the broker's socket."""

import hashlib
import os
import re
import secrets
import tempfile
from pathlib import Path

_SOCKET_PATH_LIMIT = 107  # sockaddr_un.sun_path holds 108 bytes on Linux, the last one a NUL
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # what a broker URL carries without quoting


def broker_socket(data_dir: Path) -> Path:
    """Where the embedded broker listens: in the data folder, or in a short private folder when that path is too long."""
    socket_path = data_dir / "broker.sock"
    if len(os.fsencode(socket_path)) <= _SOCKET_PATH_LIMIT and _PLAIN_PATH.fullmatch(str(socket_path)):
        return socket_path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ca-marche-{os.getuid()}-{digest}" / "broker.sock"


def kept_secret_key(data_dir: Path) -> str:
    """The key kept in the data folder, or a new one for this process alone when none is kept."""
    path = _key_path(data_dir)
    return (path.read_text("ascii").strip() if path.exists() else "") or secrets.token_urlsafe(50)


def keep_secret_key(data_dir: Path) -> None:
    """Write a secret key readable by its owner alone, once."""
    path = _key_path(data_dir)
    if path.exists() and path.stat().st_size:  # empty: we were stopped between its making and its writing
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50) + "\n")


def _key_path(data_dir: Path) -> Path:
    return data_dir / "secret_key"
