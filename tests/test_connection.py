"""The way to Mews: proxies of the environment."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tap_mews.metrics.usage import UsageRecord
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_mews.api.transport import Transport

NOWHERE = "http://127.0.0.1:9"
"""A port that is closed: only a proxy answers for it."""


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy that answers 204 to all, its address and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def connection(api_url: str) -> Transport:
    """The connection of a tap."""
    tokens = {"client_token": "client", "access_token": "access"}
    return TapMews(config={**tokens, "api_url": api_url}).run.connection


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_requests_go_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with proxy() as (address, asked):
        monkeypatch.setenv(name, address)
        found = connection(NOWHERE)
        for _ in range(2):
            assert found.send("enterprises/getAll", {}, UsageRecord()).status == 204
    assert asked == [f"{NOWHERE}/api/connector/v1/enterprises/getAll"] * 2


def test_a_host_that_needs_no_proxy_is_asked_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxy() as (address, asked), proxy() as (host, asked_itself):
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        connection(host).send("enterprises/getAll", {}, UsageRecord())
    assert asked == []
    assert asked_itself == ["/api/connector/v1/enterprises/getAll"]
