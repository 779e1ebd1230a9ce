"""The connections of requests, with a bound for how long the head of an answer takes.

The timeouts of requests and urllib3 are those of single reads: an answer whose status
and headers come a byte every few seconds would keep them waiting for hours. urllib3
lets the classes of its pools be replaced, and `http.client` that of the answer. So the
bound holds for every way to a host: directly, through a proxy, whose answer to CONNECT
counts too, and through a SOCKS proxy, with TLS or without.
"""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, TypeVar

from requests.adapters import HTTPAdapter

from tap_mews.api.network_errors import SlowHeadersError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from urllib3 import PoolManager, ProxyManager

    from tap_mews.clock import Clock

M = TypeVar("M", bound="PoolManager")

SLOWEST_SECONDS = 60.0
"""A head must be here so long after its first byte."""


class HeaderTimeoutAdapter(HTTPAdapter):
    """Waits for an answer to begin, but not for a head that never ends."""

    def __init__(self, connections: int, clock: Clock) -> None:
        """Keep connections.

        Args:
            connections: How many to keep for each host.
            clock: Time of the run.
        """

        class Bounded(_BoundedResponse):
            monotonic = staticmethod(clock.monotonic)

        self._response_class = Bounded
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Make the pools of hosts that are asked directly."""
        super().init_poolmanager(*args, **kwargs)
        self._bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:  # noqa: ANN401
        """The pools of hosts that are asked through a proxy."""
        is_new = proxy not in self.proxy_manager
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        return self._bound(manager) if is_new else manager

    def _bound(self, manager: M) -> M:
        """Let all connections of a manager, which has none yet, have the bound."""
        pools: Mapping[str, Any] = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {
            scheme: _with(
                pool,
                ConnectionCls=_with(
                    pool.ConnectionCls, response_class=self._response_class
                ),
            )
            for scheme, pool in pools.items()
        }
        return manager


def _with(base: type, **attributes: object) -> type:
    return type(base.__name__, (base,), attributes)


class _BoundedResponse(HTTPResponse):
    """An answer whose head must come in time."""

    monotonic: Any

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **kwargs)
        self._head = _TimedHeaders(self.fp.detach(), self.monotonic)
        self.fp = io.BufferedReader(self._head)

    def begin(self) -> None:
        """Read the head; what follows has a bound of its own."""
        super().begin()
        self._head.has_ended = True


class _TimedHeaders(io.RawIOBase):
    """What comes from a socket, in time as long as the head is not here."""

    def __init__(self, raw: io.RawIOBase, monotonic: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.has_ended = False
        self._raw = raw
        self._monotonic = monotonic
        self._began: float | None = None
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401
        count = self._raw.readinto(buffer)
        if not self.has_ended:
            now = self._monotonic()
            self._began = now if self._began is None else self._began
            self._received += count or 0
            if now - self._began >= SLOWEST_SECONDS:
                msg = (
                    f"only {self._received:,} bytes of the headers received in "
                    f"{now - self._began:.0f} s"
                )
                raise SlowHeadersError(msg)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
