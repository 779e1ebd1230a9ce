"""Hosts, proxies and certificates on this machine, which note what they are sent."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"1"
"""What each host answers: JSON, and a file of one byte."""


@dataclass
class Seen:
    """What a server was sent: first lines and headers, in order."""

    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    answer: dict[str, str] = field(default_factory=dict)

    def note(self, handler: BaseHTTPRequestHandler) -> None:
        """Keep a request."""
        self.lines.append(handler.requestline)
        self.headers.append({k.lower(): v for k, v in handler.headers.items()})


class Server(ThreadingHTTPServer):
    """Serves until it is closed; says nothing of clients that go away."""

    daemon_threads = True
    seen: Seen

    def handle_error(self, *_: object) -> None:
        """Say nothing: a client that trusts no certificate hangs up."""


class Handler(BaseHTTPRequestHandler):
    """A host, or a proxy that answers in the place of hosts."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Answer a call of the API."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        """Answer a request for a file."""
        self.server.seen.note(self)
        self.send_response(self.server.seen.status)
        for name, value in self.server.seen.answer.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def do_CONNECT(self) -> None:
        """Lead to a host, as a proxy does for TLS."""
        self.server.seen.note(self)
        if self.server.seen.status != 200:
            self.send_error(self.server.seen.status)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), 10) as there:
            self.send_response(200)
            self.end_headers()
            relay(self.connection, there)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def relay(one: socket.socket, other: socket.socket) -> None:
    """Hand on what comes from either side until one has ended."""
    ways = {one: other, other: one}
    with suppress(OSError):
        while True:
            ready, _, _ = select.select([*ways], [], [], 20)
            if not ready:
                return
            for each in ready:
                data = each.recv(1 << 16)
                if not data:
                    return
                ways[each].sendall(data)


@contextmanager
def host(
    context: ssl.SSLContext | None = None, **settings: object
) -> Iterator[tuple[int, Seen]]:
    """A host, or an HTTP proxy; gives its port and what it is sent."""
    server = Server(("127.0.0.1", 0), Handler)
    server.seen = Seen(**settings)  # type: ignore[arg-type]
    if context:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_port, server.seen
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def socks_proxy() -> Iterator[tuple[int, list[str]]]:
    """A SOCKS proxy (version 5); gives its port and the hosts that it was asked for."""
    asked: list[str] = []

    class Socks(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _, methods = self.rfile.read(2)
            self.rfile.read(methods)
            self.wfile.write(b"\x05\x00")
            _, _, _, kind = self.rfile.read(4)
            length = 4 if kind == 1 else self.rfile.read(1)[0]
            name = self.rfile.read(length)
            port = int.from_bytes(self.rfile.read(2), "big")
            target = socket.inet_ntoa(name) if kind == 1 else name.decode()
            asked.append(f"{target}:{port}")
            with socket.create_connection(("127.0.0.1", port), 10) as there:
                self.wfile.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                relay(self.connection, there)

    class SocksServer(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with SocksServer(("127.0.0.1", 0), Socks) as server:
        serve = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()


@dataclass(frozen=True)
class Authority:
    """Somebody who makes certificates, and whom nobody trusts without being told."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def founded(cls) -> Authority:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Nobody's authority")
        basic = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(name, name, key, 1).add_extension(basic, critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    def bundle(self, folder: Path) -> str:
        """The path of a file for those who are to trust it."""
        path = folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)

    def context(
        self, folder: Path, name: str = "localhost", *, days: int = 1
    ) -> ssl.SSLContext:
        """What a host needs that has a name, for so many days from now on."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        certificate = (
            _builder(_name(name), self.certificate.subject, key, days)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = folder / f"{name}{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
    )
