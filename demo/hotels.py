"""The hotels that the demo syncs: the sandbox, as a process of its own."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from demo.pipeline import DemoError, last_lines, logging
from facts import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = 424
"""From the first of January of the year before."""

_OPTIONS = ("--properties=3", "--reservations-per-day=2")
_STREAMS = {stream.entity: name for name, stream in STREAMS.items()}
"""The streams by what the stand-in calls their rows."""


class Hotels:
    """The platform that holds the hotels' data, seen from behind the counter."""

    def __init__(self, url: str, **tokens: str) -> None:
        """Know what the sandbox says about itself."""
        self.config = {"api_url": url, **tokens}

    def live_on(self, days: int) -> str:
        """Let guests book, arrive, pay and leave for some days.

        Returns:
            Up to when rows are due from now on. The tap leaves the last five minutes
            to its next run, since Mews may still write them.
        """
        now = self._ask("POST", "live-on", json.dumps({"days": days}))["Now"]
        due = datetime.fromisoformat(now.removesuffix("Z")) - timedelta(minutes=6)
        return f"{due.isoformat()}Z"

    def rows(self) -> dict[str, dict[str, str]]:
        """Give, by stream, the key of each row there is and when it was updated."""
        return {_STREAMS[name]: rows for name, rows in self._ask("GET", "rows").items()}

    def _ask(self, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        connection = HTTPConnection(urlsplit(self.config["api_url"]).netloc)
        connection.request(method, f"/sandbox/{path}", body)
        with connection.getresponse() as answer:
            content: dict[str, Any] = json.load(answer)
        if answer.reason != "OK":
            message = f"The sandbox says to {method} {path}: {content}"
            raise DemoError(message)
        return content


@contextmanager
def open_hotels(log: Path, days: int) -> Iterator[Hotels]:
    """Serve hotels with some days of history until the block ends."""
    command = (sys.executable, "-m", "sandbox", "--json", *_OPTIONS, f"--days={days}")
    with logging(log, *command) as sandbox:
        served = sandbox.stdout.readline() if sandbox.stdout else b""
        if not served:
            raise DemoError(last_lines(log))
        yield Hotels(**json.loads(served))
