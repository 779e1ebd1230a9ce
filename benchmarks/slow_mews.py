"""A stand-in whose answers take their time, and that notes when each request came.

Pages lie ready, so all that a run waits for is the latency and the rate limit.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/api/connector/v1/"

ENTERPRISES = [f"00000000-0000-4000-8000-{number:012x}" for number in range(1, 7)]

NOTES = "-" * 900
"""So that a row is as large as those of Mews."""

CREATED = "2020-01-01T00:00:00Z"


@dataclass
class SlowMews:
    """What it answers, and what it was asked.

    Attributes:
        latency: Seconds that each answer takes.
        pages: Of each window.
        rows: Of each page.
        arrivals: When each request came, monotonic seconds.
    """

    latency: float
    pages: int
    rows: int = 1000
    arrivals: list[float] = field(default_factory=list)
    url: str = ""

    def answer(self, operation: str, body: dict[str, Any]) -> bytes:
        """Give an answer, when it is time."""
        self.arrivals.append(time.monotonic())
        time.sleep(self.latency)
        name = operation[0].upper() + operation[1:].partition("/")[0]
        if operation == "enterprises/getAll":
            rows = [
                {"Id": key, "ChainId": key, "CreatedUtc": CREATED}
                for key in ENTERPRISES
            ]
            return json.dumps({"Enterprises": rows, "Cursor": None}).encode()
        limitation = body["Limitation"]
        number = int((limitation["Cursor"] or "0").rpartition("/")[2])
        window = body["UpdatedUtc"]["StartUtc"]
        rows = [
            {"Id": f"{window}-{number}-{row}", "UpdatedUtc": window, "Notes": NOTES}
            for row in range(limitation["Count"] if number < self.pages else 0)
        ]
        return json.dumps({name: rows, "Cursor": f"{window}/{number + 1}"}).encode()

    def most_in(self, seconds: float) -> int:
        """The most requests that came within any stretch of so many seconds."""
        came = sorted(self.arrivals)
        first, most = 0, 0
        for last, moment in enumerate(came):
            while moment - came[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


@contextmanager
def serving(latency: float, pages: int) -> Iterator[SlowMews]:
    """Serve from a thread of this process."""
    mews = SlowMews(latency, pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            answer = mews.answer(self.path.removeprefix(API), json.loads(raw))
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        mews.url = f"http://127.0.0.1:{server.server_port}"
        yield mews
        server.shutdown()
