"""The connection to Mews that all calls of a run share.

Tokens, sockets, the rate budget and the server's clock are here. What a call is and
when to repeat it is the client's.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from requests.adapters import HTTPAdapter

from tap_mews import __version__
from tap_mews.api import responses
from tap_mews.api.rate_limit import RateLimiter
from tap_mews.clock import Clock, ServerClock
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.settings import Settings

PATH = "/api/connector/v1/"

TIMEOUT = (10.0, 100.0)
"""Seconds to connect and to wait for bytes; Mews itself gives up (408) before."""

TAKEN = {200, 204, 400, 403, 404, 408}
"""Statuses of requests whose tokens were found good."""


@dataclass(frozen=True)
class Response:
    """An answer, read to its end.

    Attributes:
        status: Status code.
        headers: Found whatever their case.
        body: Not parsed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends requests within the rate budget. Safe to be used by several threads.

    Attributes:
        clock: Time and sleep of the run.
        server_clock: The time at Mews.
        budget: The rate of requests that Mews grants.
        has_answered: Whether any answer came.
        has_access: Whether any request was let in with these tokens.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Prepare; nothing is sent.

        Args:
            settings: Address, tokens and concurrency.
            clock: Time and sleep of the run.
        """
        self.clock = clock
        self.server_clock = ServerClock(clock)
        self.budget = RateLimiter(clock)
        self.has_answered = False
        self.has_access = False
        self._base = settings.api_url + PATH
        self._envelope = {
            "ClientToken": settings.client_token,
            "AccessToken": settings.access_token,
            "Client": settings.client_name,
        }
        # those that read ahead, and the one whose rows are being taken
        most = settings.max_concurrency + 1
        self._places = threading.BoundedSemaphore(most)
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Content-Type": "application/json",
                "User-Agent": f"tap-mews/{__version__}",
                # an empty page comes as 204 without a body
                "Prefer": "return=minimal",
            },
        )
        # threads share the session, so nothing in it may change with an answer
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # proxies and certificates of the environment, looked up once and not a request
        found = self._session.merge_environment_settings(
            self._base, proxies={}, stream=None, verify=None, cert=None
        )
        self._session.proxies, self._session.verify = found["proxies"], found["verify"]
        self._session.trust_env = False
        adapter = HTTPAdapter(pool_maxsize=most)
        self._session.mount(self._base, adapter)

    def send(
        self, operation: str, body: Mapping[str, Any], record: UsageRecord
    ) -> Response:
        """Send one request, once.

        Args:
            operation: Name of the operation.
            body: Properties of the request besides the tokens.
            record: Gets the request, the wait for it and the answer.

        Returns:
            The answer, whatever its status.

        Raises:
            TransientError: There was none.
        """
        data = msgspec.json.encode({**self._envelope, **body})
        waited = self.budget.acquire()
        record.add(Usage(requests=1, budget_seconds=waited))
        try:
            with self._places, self._timed(record):
                reply = self._post(operation, data)
        except requests.Timeout:
            trouble = "no answer in time"
        except (
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
        ) as e:
            trouble = f"the connection failed ({responses.root_cause(e)})"
        except (requests.RequestException, ValueError):
            # ValueError: requests reads the address of a redirect, followed or not
            trouble = "the answer cannot be read"
        else:
            record.add(Usage(answer_bytes=len(reply.body)))
            self.has_answered = True
            self.has_access |= reply.status in TAKEN
            self.server_clock.learn(reply.headers.get("Date"))
            return reply
        # from None: the library's exception holds the request and so the tokens
        raise responses.TransientError(trouble) from None

    def advice_on(self, refusal: str) -> str:
        """What to do about operations that are refused with 401.

        Args:
            refusal: Words that name the operations.
        """
        if not self.has_access:
            return (
                "check client_token, access_token and api_url; if they are right, ask "
                "Mews to enable this operation for your integration"
            )
        beta = " (data exports are a restricted beta)" if "exports/" in refusal else ""
        return (
            "the tokens are right, since other operations take them; ask Mews to "
            f"enable this one for your integration{beta}, deselect the stream, or set "
            "skip_unauthorized_streams"
        )

    def _post(self, operation: str, data: bytes) -> Response:
        with self._session.post(
            self._base + operation,
            data=data,
            timeout=TIMEOUT,
            # a redirect would carry the tokens to another place
            allow_redirects=False,
            stream=True,
        ) as response:
            # as it arrives: to gather it in small chunks takes twice the memory
            body = b"".join(response.iter_content(chunk_size=None))
            return Response(response.status_code, response.headers, body)

    @contextmanager
    def _timed(self, record: UsageRecord) -> Iterator[None]:
        """Record the time that a request takes, however it ends."""
        began = self.clock.monotonic()
        try:
            yield
        finally:
            record.add(Usage(answer_seconds=self.clock.monotonic() - began))
