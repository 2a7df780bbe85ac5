"""Many conversations at once, in one thread: none waits for another, and together they hold little memory."""

import math
import select
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import pycurl

from tracker.fetch.exchange import Exchange, FetchError
from tracker.fetch.names import Names

AT_ONCE, AT_ONCE_PER_HOST = 64, 2
LARGE_AT_ONCE = 6  # bodies of more than exchange.SMALL_BYTES that may grow at the same time
_READY, _READY_BYTES, _READY_SECONDS = 100, 16 << 20, 0.5  # what is handed out together, at the most
# What libcurl calls the events of a socket, and what the machine does.
_AWAITED = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_FAILED = select.POLLERR | select.POLLHUP | select.POLLNVAL

Conversation = Generator[Exchange, None, Any]
Answers = list[tuple[int, Any]]


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    """A conversation under way, and the exchange that it waits for."""

    number: int
    host: str
    talk: Conversation
    exchange: Exchange | None = None
    handle: pycurl.Curl | None = None


class Round:
    """Leads conversations: each yields an exchange to be performed, and goes on when that has ended; a failure ends it."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake_in)
        self._wake_at: float | None = None
        self._look_at = 0.0
        self._names: Names[_Call] = Names()
        # No epoll: these few sockets come and go so quickly that telling the kernel of each takes longer.
        self._poll = select.poll()
        self._poll.register(self._names.bell, select.POLLIN)
        self._busy: Counter[str] = Counter()
        self._under_way = 0
        self._calls: dict[pycurl.Curl, _Call] = {}
        self._growing: set[_Call] = set()
        self._halted: dict[_Call, float] = {}  # and the seconds that each has left when it goes on
        self._ready: Answers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for handle, call in self._calls.items():
            self._multi.remove_handle(handle)
            call.exchange.hang_up()
        self._multi.close()
        self._names.close()

    def lead(self, talks: Iterable[tuple[str, Conversation]]) -> Iterator[Answers]:
        """Lead each (host, conversation); yield what they return, or the FetchError they end with, by their numbers.

        Answers come by the hundred, or sooner when nothing more comes for a moment.
        """
        waiting = deque(_Call(number=each, host=host, talk=talk) for each, (host, talk) in enumerate(talks))
        since = time.monotonic()
        while waiting or self._calls or self._names.asked:
            self._start(waiting)
            self._turn()
            late = time.monotonic() - since > _READY_SECONDS
            if not self._ready:
                since = time.monotonic()
            elif late or len(self._ready) >= _READY or self._is_heavy():
                answers, self._ready = self._ready, []
                away = time.monotonic()
                yield answers
                del answers
                self._put_off(time.monotonic() - away)
        if self._ready:
            yield self._ready

    def _is_heavy(self) -> bool:
        return sum(len(getattr(answer, "body", b"")) for _number, answer in self._ready) > _READY_BYTES

    def _start(self, waiting: deque[_Call]) -> None:
        for _each in range(len(waiting)):
            if self._under_way >= AT_ONCE:
                return
            call = waiting.popleft()
            if self._busy[call.host] >= AT_ONCE_PER_HOST:
                waiting.append(call)
            else:
                self._busy[call.host] += 1
                self._under_way += 1
                self._go_on(call)

    def _go_on(self, call: _Call) -> None:
        try:
            call.exchange = next(call.talk)
            addresses = self._names.addresses(call.exchange.target, call, deadline=call.exchange.deadline)
            if addresses:
                self._begin(call, addresses)
        except StopIteration as end:
            self._end(call, end.value)
        except FetchError as error:
            self._end(call, error)

    def _begin(self, call: _Call, addresses: tuple[str, ...]) -> None:
        call.handle = call.exchange.begin(addresses, may_grow=partial(self._may_grow, call))
        self._calls[call.handle] = call
        self._multi.add_handle(call.handle)

    def _put_off(self, seconds: float) -> None:
        """The time that our caller took for itself is not that of the servers."""
        for call in self._calls.values():
            call.exchange.deadline += seconds

    def _end(self, call: _Call, answer: object) -> None:
        if isinstance(answer, FetchError):
            answer.with_traceback(None)  # which would lead, in a circle, to all that has been read so far
        self._busy[call.host] -= 1
        self._under_way -= 1
        self._ready.append((call.number, answer))

    def _turn(self) -> None:
        """Wait for something to happen, and take it in."""
        for socket, events in self._poll.poll(1_000 * self._patience()):
            if socket != self._names.bell:
                self._multi.socket_action(socket, _happened(events))
        if self._wake_at is not None and time.monotonic() >= self._wake_at:
            self._wake_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        queued = 1
        while queued:
            queued, done, failed = self._multi.info_read()
            for handle, code, *_words in [*((handle, pycurl.E_OK) for handle in done), *failed]:
                self._performed(self._calls.pop(handle), code)
        self._give_up()
        self._take_turns()
        for call, addresses in self._names.answers():
            try:
                self._begin(call, addresses)
            except FetchError as error:
                self._end(call, error)

    def _patience(self) -> float:
        until = [self._names.until, time.monotonic() + _READY_SECONDS / 2]
        if self._wake_at is not None:
            until.append(self._wake_at)
        return max(0.0, min(until) - time.monotonic())

    def _performed(self, call: _Call, code: int) -> None:
        self._multi.remove_handle(call.handle)
        self._growing.discard(call)
        self._halted.pop(call, None)
        try:
            call.exchange.end(code)
        except FetchError as error:
            self._end(call, error)
        else:
            self._go_on(call)

    def _give_up(self) -> None:
        """End those whose time is over; libcurl would count the time for which we halt them, too."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _READY_SECONDS / 2
        for handle in [handle for handle, call in self._calls.items() if call.exchange.deadline <= now]:
            self._performed(self._calls.pop(handle), pycurl.E_OPERATION_TIMEDOUT)

    def _take_turns(self) -> None:
        """Let halted bodies grow where others have ended; by now none of them has ended itself."""
        while self._halted and len(self._growing) < LARGE_AT_ONCE:
            call = next(iter(self._halted))
            call.exchange.deadline = time.monotonic() + self._halted.pop(call)
            self._growing.add(call)
            try:
                call.handle.pause(pycurl.PAUSE_CONT)
            except pycurl.error as error:  # what it waited with was too large, or damaged
                self._performed(self._calls.pop(call.handle), error.args[0])

    def _may_grow(self, call: _Call) -> bool:
        """Whether its body may become large now; if not, it is halted, and its time with it, until another has ended."""
        if call not in self._growing and len(self._growing) >= LARGE_AT_ONCE:
            self._halted[call] = call.exchange.deadline - time.monotonic()
            call.exchange.deadline = math.inf
            return False
        self._growing.add(call)
        return True

    def _watch(self, events: int, socket: int, _multi: pycurl.CurlMulti, _data: object) -> None:
        if events == pycurl.POLL_REMOVE:
            self._poll.unregister(socket)
        else:
            self._poll.register(socket, _AWAITED[events])  # or changes what it waits for

    def _wake_in(self, milliseconds: int) -> None:
        self._wake_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _happened(events: int) -> int:
    """What poll saw of a socket, as libcurl says it; where it failed, libcurl finds out why by reading."""
    seen = pycurl.CSELECT_IN if events & (select.POLLIN | _FAILED) else 0
    return seen | pycurl.CSELECT_OUT if events & (select.POLLOUT | _FAILED) else seen
