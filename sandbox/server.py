"""HTTP on a loopback port: routes requests, writes replies, breaks connections."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from sandbox.answers import Reply, answer
from sandbox.downloads import download
from sandbox.encoding import decode

if TYPE_CHECKING:
    from sandbox.journal import Download
    from sandbox.platform import Platform

API = "/api/connector/v1/"
LiveOn = Callable[[timedelta], None]
_RESET = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
    """Serves a platform until it is closed, with all connections it still has."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, platform: Platform, live_on: LiveOn, port: int) -> None:
        """Listen on a port of the loopback address; 0 takes a free one."""
        super().__init__(("127.0.0.1", port), Handler)
        self.platform = platform
        self.live_on = live_on
        self._connections: set[socket.socket] = set()

    def start(self) -> None:
        """Serve in the background."""
        serve = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        serve.start()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Remember the connection, then serve it in a thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Forget a connection that ends."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Stop listening and break the connections that are kept alive."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing when a client goes away; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body leave in one packet.
    wbufsize = 1 << 16
    server: Server

    def do_POST(self) -> None:
        """Serve an operation, or a wish of the demo."""
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:
            # the client went away: no request has come, so nothing is held against it
            self.close_connection = True
        elif self.path == "/sandbox/live-on":
            self._deliver(self._live_on(raw))
        else:
            found = self.path.startswith(API)
            operation = self.path.removeprefix(API) if found else f"POST {self.path}"
            self._deliver(self.server.platform.call(operation, self._head(), raw))

    def do_GET(self) -> None:
        """Serve a file, or the journal."""
        platform = self.server.platform
        if self.path.startswith("/files/"):
            self._deliver(*download(platform, self.path, self._head()))
        elif self.path == "/sandbox/journal":
            self._deliver(answer(self.server.platform.summary()))
        elif self.path == "/sandbox/rows":
            self._deliver(answer(platform.store.versions()))
        else:
            self._deliver(platform.call(f"GET {self.path}", self._head(), b""))

    def _head(self) -> dict[str, str]:
        return {name.title(): value for name, value in self.headers.items()}

    def _live_on(self, raw: bytes) -> Reply:
        try:
            span = {name: float(value) for name, value in decode(raw or b"{}").items()}
            self.server.live_on(timedelta(**span))
        except (TypeError, ValueError, AttributeError) as problem:
            return Reply(400, str(problem).encode(), {"Content-Type": "text/plain"})
        return answer(self.server.platform.summary())

    def _deliver(self, reply: Reply, entry: Download | None = None) -> None:
        if not reply.status:
            self._drop("reset")
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:  # noqa: PLR2004 - No Content has no length either
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        body = memoryview(reply.body)[: reply.cut]
        for first in range(0, len(body), reply.piece):
            if reply.drip:
                self.wfile.flush()
                self.server.platform.stopped.wait(reply.drip)
            piece = body[first : first + reply.piece]
            self.wfile.write(piece)
            if entry:
                entry.sent += len(piece)
        if reply.cut is not None:
            self.wfile.flush()
            self._drop(reply.drop)

    def _drop(self, how: str) -> None:
        self.close_connection = True
        if how == "reset":
            option = (socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.setsockopt(*option)
            # The reader and writer still hold the socket: close what is below them.
            os.close(self.connection.detach())

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Give the Date header: the platform's clock, not the machine's."""
        del timestamp
        return format_datetime(self.server.platform.clock.now(), usegmt=True)

    def log_message(self, *_: object) -> None:
        """Log nothing: there is a journal."""
