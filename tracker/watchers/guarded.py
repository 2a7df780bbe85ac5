"""Reading in a child process with limits, so that no document can hang, fill or kill the worker. Pure."""

import gc
import json
import os
import resource
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from tracker.watchers.entry import IncompleteError, Page, UnreadableError
from tracker.watchers.wire import page_from_json, page_to_json

CPU_SECONDS = 5
WALL_SECONDS = 30  # a busy machine gives the child little of its time
MEMORY_BYTES = 1 << 30  # beyond what the worker itself holds
ANSWER_BYTES = 64 << 20

# No other fork of ours may inherit the writing end of a pipe: its reader would wait for a stranger to close it.
_forking = threading.Lock()


def read_in_child(read: Callable[[], Page]) -> Page:
    """What `read` returns, from a forked child; its UnreadableError or IncompleteError is raised here too."""
    told = bytes_from_child(lambda: page_to_json(read()))
    try:
        return page_from_json(told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # cut short by a limit as it spoke
        raise _died() from error


def bytes_from_child(tell: Callable[[], bytes]) -> bytes:
    """What `tell` returns, from a forked child, for readers of something else than pages; raises as above.

    The parent reads them as it would read any stranger's: a child taken over may say what it likes.

    `os.fork` and not multiprocessing: a Celery worker is daemonic and may have no children of that kind.
    Any other end of the child - a signal, a limit, an exception of a library - is an UnreadableError.
    """
    with _forking:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _tell_and_exit(tell, writing)
        os.close(writing)
    try:
        answer = _receive(reading)
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)  # a child not yet reaped keeps its number: nobody else is hit
        os.waitpid(pid, 0)
    return _judge(answer)


def _tell_and_exit(tell: Callable[[], bytes], writing: int) -> NoReturn:
    try:
        gc.freeze()  # nothing inherited is ever collected here: a database connection must not say goodbye twice
        _limit()
        _send(writing, _outcome(tell))
    finally:
        os._exit(0)


def _limit() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_CPU, CPU_SECONDS)
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + MEMORY_BYTES)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (ceiling, ceiling))


def _outcome(tell: Callable[[], bytes]) -> bytes:
    try:
        return b"T" + tell()
    except UnreadableError as error:
        return b"U" + json.dumps([error.reason, error.detail]).encode()
    except IncompleteError as error:
        return b"I" + json.dumps([str(error)]).encode()
    except Exception as error:  # a library met bytes it cannot bear: a fact about the document, told as such
        return b"D" + json.dumps([type(error).__name__]).encode()


def _send(writing: int, answer: bytes) -> None:
    view = memoryview(answer)
    while view:
        view = view[os.write(writing, view) :]


def _receive(reading: int) -> bytes:
    deadline = time.monotonic() + WALL_SECONDS
    poll = select.poll()
    poll.register(reading, select.POLLIN | select.POLLHUP)
    parts: list[bytes] = []
    size = 0
    while poll.poll(max(0, deadline - time.monotonic()) * 1000):
        part = os.read(reading, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > ANSWER_BYTES:
            break
    return b""


def _judge(answer: bytes) -> bytes:
    kind, told = answer[:1], answer[1:]
    if kind == b"T":
        return told
    try:
        words = json.loads(told) if told else []
    except ValueError as error:  # cut short by a limit as it spoke
        raise _died() from error
    if kind == b"U":
        raise UnreadableError(*words)
    if kind == b"I":
        raise IncompleteError(*words)
    raise _died(*words)


def _died(cause: str = "") -> UnreadableError:
    return UnreadableError("This document could not be read within the limits of time and memory.", cause)
