"""Mail as it leaves: over SMTP to a server of our own, and into the folder where no server is named."""

import email
import email.policy
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from tracker import alerts, mailbox
from tracker.models import Contact

ROOT = Path(__file__).resolve().parent.parent.parent


class Conversation(socketserver.StreamRequestHandler):
    """Just enough of SMTP to take a mail; what was said and what was taken stay with the server."""

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            said = line.decode().strip()
            self.server.said.append(said)
            if said.upper() == "DATA":
                self._say("354 go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self._say("221 bye" if said.upper() == "QUIT" else "250 ok")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def server() -> Iterator[socketserver.TCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.said, server.mails = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.django_db
def test_a_mail_leaves_by_smtp_to_one_recipient(client: Client, server, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    client.post("/contribuer/", {"kind": "example", "url": "https://a.example/1", "email": "ada@pub.example"})

    assert alerts.send_due(now=timezone.now() + timedelta(minutes=1)) == 1

    assert [line for line in server.said if line.upper().startswith("RCPT")] == ["rcpt TO:<ada@pub.example>"]
    (taken,) = (email.message_from_bytes(each, policy=email.policy.default) for each in server.mails)
    assert (taken["To"], taken.get_all("Bcc"), taken.get_all("Cc")) == ("ada@pub.example", None, None)
    assert taken["List-Unsubscribe"].strip().startswith("<http://localhost:8000/contribuer/ne-plus-ecrire/")
    assert taken["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert taken.get_content_type() == "text/plain"


@pytest.mark.django_db(transaction=True)
def test_without_a_server_mails_are_private_files_for_a_week_or_until_they_are_erased(
    client: Client, settings
) -> None:
    settings.EMAIL_BACKEND = "tracker.mailbox.Folder"
    folder, now = Path(django_settings.DATA_DIR) / "mail", timezone.now()
    typed = {"kind": "example", "url": "https://a.example/1", "email": "ada@pub.example"}
    receipts = [client.post("/contribuer/", typed)["Location"] for _ in range(2)]

    assert alerts.send_due(now=now + timedelta(minutes=1)) == 2
    assert (folder.stat().st_mode & 0o777, {path.stat().st_mode & 0o777 for path in folder.iterdir()}) == (0o700, {0o600})  # fmt: skip

    client.post(receipts[0])
    assert len(list(folder.iterdir())) == 1
    mailbox.prune(now=now + timedelta(days=6))
    assert len(list(folder.iterdir())) == 1
    mailbox.prune(now=now + timedelta(days=8))
    assert list(folder.iterdir()) == []
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "tracker.mailbox.Folder None None"),
        (
            "smtp+tls://user:pass%20word@mail.example.org:587",
            "django.core.mail.backends.smtp.EmailBackend mail.example.org True",
        ),
    ],
    ids=["none", "smtp"],
)
def test_the_server_is_named_by_one_setting(tmp_path: Path, url: str, expected: str) -> None:
    program = (
        "from tracker import settings as s;"
        "print(s.EMAIL_BACKEND, getattr(s, 'EMAIL_HOST', None), getattr(s, 'EMAIL_USE_TLS', None))"
    )
    environment = os.environ | {"EMAIL_URL": url, "DATA_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == expected
