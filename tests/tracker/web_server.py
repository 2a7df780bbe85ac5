"""A web server for the tests of the fetcher: it says, byte for byte, what a test wrote."""

import socketserver
import threading

import pytest

from tracker import fetch
from tracker.watchers.entry import Request


class Server(socketserver.ThreadingTCPServer):
    """A web server that says, byte for byte, what the test wrote for each path; then waits, after three dots."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.replies: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.closing = threading.Event()

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, path: str) -> str:
        return f"http://{self.pair}{path}"


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        lines = []
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            lines.append(line)
        lengths = [int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")]
        lines.append(self.rfile.read(sum(lengths)).decode())
        self.server.requests.append("\n".join(lines))
        reply = self.server.replies.get(lines[0].split()[1], b"HTTP/1.1 404 Not Found\r\n\r\n")
        self.wfile.write(reply.removesuffix(b"..."))
        if reply.endswith(b"..."):
            self.server.closing.wait(30)


def reply(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", f"Location: {location}", status=status)


def refusal(server: Server, path: str = "/feed", **options) -> fetch.FetchError:
    with pytest.raises(fetch.FetchError) as caught:
        fetch.send(Request(url=server.url(path)), **options)
    return caught.value
