"""The connection to Mews that all calls of a run share.

Sockets, the server's clock and the tokens that requests carry are here. What a call is
and when to repeat it is the client's.
"""

from __future__ import annotations

import logging
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import msgspec

from tap_mews.api.access import Access
from tap_mews.api.refusals import ALLOWED_BEFORE
from tap_mews.api.responses import Response
from tap_mews.api.session import Session, chunks
from tap_mews.clock import Clock, ServerClock
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from tap_mews.settings import Settings

PATH = "/api/connector/v1/"

TIMEOUT = (10.0, 100.0)
"""Seconds to connect and to wait for bytes; Mews itself gives up (408) before."""

LONGEST_ANSWER, MAX_BYTES = 300.0, 1 << 28
"""Seconds in which a body must be here, and the bytes that it may have: a page of a
thousand rows has some millions."""

MAX_REQUESTS = 64
"""Under way at once: far more than the rate limit of a token needs at three seconds an
answer."""

MAX_REQUESTS_OF_MANY = 192
"""Concurrent requests for many tokens, each with its own rate limit."""

logger = logging.getLogger("tap-mews.transport")

OF_VALID_TOKENS = {200, 204, 400, 403, 404, 408}
"""Statuses of requests whose tokens were found good."""


def most_requests(tokens: int) -> int:
    """The maximum of concurrent requests with so many access tokens."""
    return min(MAX_REQUESTS + 2 * (tokens - 1), MAX_REQUESTS_OF_MANY)


class Transport:
    """Sends requests within the rate limits. Safe to be used by several threads.

    Attributes:
        clock: Time and sleep of the run.
        server_clock: The time at Mews.
        accesses: The access tokens, in the order of the settings.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.server_clock = ServerClock(clock)
        self.accesses = [
            Access(name, token, clock) for name, token in settings.access_tokens
        ]
        self._base = settings.api_url + PATH
        self._envelope = {
            "ClientToken": settings.client_token,
            "Client": settings.client_name,
        }
        most = settings.max_concurrency or most_requests(len(self.accesses))
        if settings.max_concurrency:
            message = "max_concurrency: sending at most %d requests at once"
            logger.info(message, most)
        self._is_limited = settings.max_concurrency is not None
        self._places = threading.BoundedSemaphore(most)
        self._session = Session(most, clock)
        self._session.headers.update(
            {
                "Content-Type": "application/json",
                # an empty page comes as 204 without a body
                "Prefer": "return=minimal",
            },
        )

    @property
    def has_answered(self) -> bool:
        """Whether any answer came."""
        return self._session.has_answered

    @property
    def has_access(self) -> bool:
        """Whether Mews has let in any request, with any of the tokens."""
        return any(access.accepted for access in self.accesses)

    def hint_for_401(self, refusal: str) -> str:
        """What to do about operations that are refused with 401.

        Args:
            refusal: Words that name the operations.
        """
        if not self.has_access:
            tokens = "access_tokens" if self.accesses[0].name else "access_token"
            return (
                f"check client_token, {tokens} and api_url, or ask Mews to enable "
                "this operation"
            )
        if ALLOWED_BEFORE in refusal:
            return (
                "the access token may have been revoked or have lost this "
                "permission, check it and run again"
            )
        beta = " (data exports are a restricted beta)" if "exports/" in refusal else ""
        return (
            "the tokens are valid, other operations accept them; ask Mews to enable "
            f"this one for your integration{beta}, deselect the stream, or set "
            "skip_unauthorized_streams"
        )

    def send(
        self,
        access: Access,
        operation: str,
        body: Mapping[str, Any],
        record: UsageRecord,
        most_bytes: int = MAX_BYTES,
    ) -> Response[bytes]:
        """Send one request, once.

        Args:
            access: By which token.
            operation: Name of the operation.
            body: Properties of the request besides the tokens.
            record: Gets the request, the wait for it and the answer.
            most_bytes: Size that the body of the answer may have.

        Returns:
            The answer, whatever its status.

        Raises:
            LongBodyError: Its body is larger.
            TransientError: There was none.
        """
        tokens = {**self._envelope, "AccessToken": access.token}
        data = msgspec.json.encode({**tokens, **body})
        # in this order: a request that is counted must leave
        with self._place_of(operation):
            departure = access.rate_limiter.acquire(operation)
            record.add(Usage(requests=1, budget_seconds=departure.waited))
            began = self.clock.monotonic()
            try:
                response = self._post(operation, data, most_bytes)
            finally:
                seconds = self.clock.monotonic() - began
                record.add(Usage(answer_seconds=seconds))
        access.rate_limiter.answered(departure, seconds)
        record.add(Usage(answer_bytes=len(response.value)))
        if response.status in OF_VALID_TOKENS:
            access.accepted.setdefault(operation, body)
        return response

    def _place_of(self, operation: str) -> AbstractContextManager[object]:
        """The place of a request among those under way.

        Mews takes long for an export, so it is not to wait behind pages.
        """
        is_export = operation.startswith("exports/")
        return nullcontext() if is_export and not self._is_limited else self._places

    def _post(self, operation: str, data: bytes, most_bytes: int) -> Response[bytes]:
        with self._session.ask(
            "POST", self._base + operation, TIMEOUT, data=data
        ) as response:
            self.server_clock.learn(response.headers.get("Date"))
            body = chunks(response, self.clock, LONGEST_ANSWER, most_bytes)
            return Response(response.status_code, response.headers, b"".join(body))
