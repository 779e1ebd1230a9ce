"""An answer whose status and headers come without end is given up, on every way."""

from __future__ import annotations

import re
import socketserver
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tap_mews.api.client import TRIES_BEFORE_FIRST_ANSWER
from tap_mews.errors import DownloadError, UnavailableError
from tap_mews.exports.downloads import TRIES, Downloader
from tests.harness import FastClock
from tests.network.seams import call, client_at, fetch
from tests.network.servers import Authority, host, socks_proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path


class TickingClock(FastClock):
    """A second passes whenever somebody looks."""

    def monotonic(self) -> float:
        """Seconds so far."""
        self.pass_time(1)
        return super().monotonic()


BYTES = b"HTTP/1.1 200 OK\r\nX-Slow: "
HEADS: dict[str, Callable[[], Iterator[bytes]]] = {
    "a byte now and then": lambda: (b"%c" % byte for byte in BYTES + b"x" * 60_000),
    "interim answers": lambda: iter(lambda: b"HTTP/1.1 100 Continue\r\n\r\n", b""),
}


@contextmanager
def slow_host(
    head: Callable[[], Iterator[bytes]], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A host, or a proxy, whose answers never end to begin; gives its port."""
    is_over = threading.Event()

    class Slow(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            with suppress(OSError), ExitStack() as stack:
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                    stack.enter_context(connection)
                connection.recv(1 << 16)
                for piece in head():
                    connection.sendall(piece)
                    if is_over.wait(0.001):
                        break

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Slow) as server:
        serve = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        try:
            yield server.server_address[1]
        finally:
            is_over.set()
            server.shutdown()


def call_fails(url: str) -> str:
    """Call the API, and give the error."""
    clock = TickingClock()
    with pytest.raises(UnavailableError) as caught:
        call(client_at(url, clock))
    assert len(clock.pauses) == TRIES_BEFORE_FIRST_ANSWER - 1
    return str(caught.value)


def download_fails(url: str) -> str:
    """Ask for a file, and give the error."""
    clock = TickingClock()
    with pytest.raises(DownloadError) as caught:
        fetch(Downloader(clock, allow_http=True), f"{url}/f?sig=s3cr3t")
    assert len(clock.pauses) == TRIES - 1
    return str(caught.value)


BY_PROXY = ("proxy", "TLS by proxy", "the proxy itself", "SOCKS")


@pytest.mark.parametrize("way", ["straight", "TLS", *BY_PROXY])
def test_a_head_that_does_not_end_is_given_up_and_asked_for_again(
    way: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle(tmp_path))
    context = authority.context(tmp_path) if "TLS" in way else None
    for name, head in HEADS.items():
        with ExitStack() as stack:
            port = stack.enter_context(slow_host(head, context))
            url = f"http{'s' if context else ''}://localhost:{port}"
            if way == "TLS by proxy":
                proxy, _ = stack.enter_context(host())
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
            elif "proxy" in way:
                # a proxy that answers CONNECT with anything but 200 has refused
                if "itself" in way and name != "a byte now and then":
                    continue
                url = f"http{'s' if 'itself' in way else ''}://127.0.0.1:9"
                monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
            elif way == "SOCKS":
                proxy, _ = stack.enter_context(socks_proxy())
                monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy}")
            for failure in (call_fails, download_fails):
                line = failure(url)
                assert re.search(r"only [\d,]+ bytes of the headers received", line), (
                    name
                )
                assert ("proxy 127.0.0.1" in line) == (way in BY_PROXY), line
                assert "s3cr3t" not in line
