"""Reading in a child process with limits, so that no document can hang, fill or kill the worker. Pure."""

import gc
import json
import math
import os
import resource
import select
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import NoReturn

from tracker.watchers.entry import IncompleteError, Page, UnreadableError
from tracker.watchers.wire import page_from_json, page_to_json

CPU_SECONDS = 5
SHARED_CPU_SECONDS = 1  # of one document, in a child that reads several
SHARED_SECONDS = 15  # that several documents may keep others waiting
WALL_SECONDS = 30  # a busy machine gives the child little of its time
MEMORY_BYTES = 1 << 30  # beyond what the worker itself holds
ANSWER_BYTES = 64 << 20

Refusal = UnreadableError | IncompleteError

_COLLECTED_AFTER = 50_000  # objects, some megabytes at the most
_SIZE = 8  # bytes that tell how long an answer is

# No other fork of ours may inherit the writing end of a pipe: its reader would wait for a stranger to close it.
_forking = threading.Lock()


def collect_seldom() -> None:
    """Let no collection of garbage look at what is loaded by now, and few at the rest: documents hold no circles."""
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER)


def read_in_child(read: Callable[[], Page]) -> Page:
    """What `read` returns, from a forked child; its UnreadableError or IncompleteError is raised here too."""
    return _page(bytes_from_child(partial(_tell_page, read)))


def read_each(reads: Sequence[Callable[[], Page]]) -> Iterator[tuple[int, Page | Refusal | None]]:
    """What each returns, or the error it ends with, by their numbers: from one child, for forking has its price.

    Nothing for those that ended that child, or took longer than most need: the next ones get a child of their own.
    Nothing either for those whose turn did not come within SHARED_SECONDS.
    """
    number, until = 0, time.monotonic() + SHARED_SECONDS
    while number < len(reads) and time.monotonic() < until:
        tells = [partial(_tell_page, read) for read in reads[number:]]
        with closing(_answers(tells, seconds=SHARED_CPU_SECONDS)) as answers:
            for answer in answers:
                yield number, _attempt(partial(_judge_page, answer))
                number += 1
                if time.monotonic() > until:
                    break
        if number < len(reads):
            yield number, None
            number += 1
    yield from ((late, None) for late in range(number, len(reads)))


def bytes_from_child(tell: Callable[[], bytes]) -> bytes:
    """What `tell` returns, from a forked child, for readers of something else than pages; raises as above.

    The parent reads them as it would read any stranger's: a child taken over may say what it likes.

    `os.fork` and not multiprocessing: a Celery worker is daemonic and may have no children of that kind.
    Any other end of the child - a signal, a limit, an exception of a library - is an UnreadableError.
    """
    with closing(_answers([tell], seconds=CPU_SECONDS)) as answers:
        return _judge(next(answers, b""))


def _tell_page(read: Callable[[], Page]) -> bytes:
    return page_to_json(read())


def _page(told: bytes) -> Page:
    try:
        return page_from_json(told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # cut short by a limit as it spoke
        raise _died() from error


def _judge_page(answer: bytes) -> Page:
    return _page(_judge(answer))


def _attempt(read: Callable[[], Page]) -> Page | Refusal:
    try:
        return read()
    except (UnreadableError, IncompleteError) as error:
        return error


def _answers(tells: Sequence[Callable[[], bytes]], *, seconds: int) -> Generator[bytes, None, None]:
    """What a child says to each, as long as it lives; it has so many seconds of processor for each."""
    with _forking:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _tell_and_exit(tells, writing, seconds=seconds)
        os.close(writing)
    try:
        for _tell in tells:
            size = int.from_bytes(_receive(reading, _SIZE))
            answer = _receive(reading, size) if 0 < size <= ANSWER_BYTES else b""
            if not answer:
                return
            yield answer
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)  # a child not yet reaped keeps its number: nobody else is hit
        os.waitpid(pid, 0)


def _tell_and_exit(tells: Sequence[Callable[[], bytes]], writing: int, *, seconds: int) -> NoReturn:
    try:
        collect_seldom()  # and nothing inherited ever: a database connection must not say goodbye twice
        _limit()
        for tell in tells:
            _lower(resource.RLIMIT_CPU, math.ceil(time.process_time()) + seconds)
            answer = _outcome(tell)
            _send(writing, len(answer).to_bytes(_SIZE) + answer)
    finally:
        os._exit(0)


def _limit() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + MEMORY_BYTES)


def _lower(kind: int, value: int) -> None:
    """Set the limit that counts; the other one stays, so that it can be set again for the next document."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


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


def _receive(reading: int, size: int) -> bytes:
    """So many bytes; nothing when they do not come, or not in time."""
    deadline = time.monotonic() + WALL_SECONDS
    poll = select.poll()
    poll.register(reading, select.POLLIN | select.POLLHUP)
    received = bytearray()
    while len(received) < size and poll.poll(max(0, deadline - time.monotonic()) * 1000):
        part = os.read(reading, min(size - len(received), 1 << 20))
        if not part:
            break
        received += part
    return bytes(received) if len(received) == size else b""


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
