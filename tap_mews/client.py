"""One authenticated call to the Mews Connector API; the only place that speaks to it.

Envelope, retries, rate budget and errors are here, what to ask for is the caller's.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec
import requests
from requests.adapters import HTTPAdapter

from tap_mews import __version__, failures
from tap_mews.clock import Clock, ServerClock, retry_pauses
from tap_mews.errors import UnavailableError, UnexpectedAnswerError
from tap_mews.rate_budget import RateBudget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_mews.settings import Settings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

PATH = "/api/connector/v1/"

TIMEOUT = (10.0, 100.0)
"""Seconds to connect and to wait for bytes; Mews itself gives up (408) before."""

TRIES = 10
"""With pauses of 1, 2, 4 … 60 s this rides out a trouble of some minutes."""

TRIES_BEFORE_FIRST_ANSWER = 6
"""A host that never answered is more likely a wrong address than in trouble."""

SHORTEST_PAUSE = 1.0
"""Seconds; a `Retry-After` below that would let tries follow at once."""

TRIES_WHEN_LIMITED = 60
"""A 429 is no failure, but a run must not be limited for ever."""

TAKEN = {200, 204, 400, 403, 404, 408}
"""Statuses of requests whose tokens were found good."""

logger = logging.getLogger("tap-mews.client")


class Decoder(Protocol[T_co]):
    """Decodes the body of an answer; msgspec's decoders are such."""

    def decode(self, body: bytes, /) -> T_co:
        """Decode.

        Raises:
            msgspec.ValidationError: It is JSON of another form.
            msgspec.DecodeError: It is not JSON.
        """


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What an operation answered.

    Attributes:
        value: The decoded body.
        request_id: What Mews support asks for.
    """

    value: T
    request_id: str | None

    @property
    def of_request(self) -> str:
        """Words for a message that name the request, or none."""
        return failures.of_request(self.request_id)


class MewsClient:
    """Calls operations of the API. Safe to be used by several threads.

    Attributes:
        server_clock: The time at Mews.
        has_access: Whether any request was let in with these tokens.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            settings: Address, tokens and concurrency.
            clock: Time and sleep of the run.
        """
        self.server_clock = ServerClock(clock)
        self._clock = clock
        self._budget = RateBudget(clock)
        self._base = settings.api_url + PATH
        self._envelope = {
            "ClientToken": settings.client_token,
            "AccessToken": settings.access_token,
            "Client": settings.client_name,
        }
        self._answered = False
        self.has_access = False
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
        adapter = HTTPAdapter(pool_maxsize=most)
        self._session.mount(self._base, adapter)

    def call(
        self,
        operation: str,
        body: Mapping[str, Any],
        answer: Decoder[T],
        *,
        can_shrink: bool = False,
    ) -> Answer[T] | None:
        """Call one operation, again where that makes sense.

        Args:
            operation: Name of the operation, such as `exports/getAll`.
            body: Properties of the request besides the tokens.
            answer: Decodes the answer.
            can_shrink: Whether the caller can ask for less when it is told to (408);
                else a 408 is one more reason to try again.

        Returns:
            The answer, or None for 204.

        Raises:
            UnauthorizedError: 401.
            TooHeavyError: 408, if the caller can shrink.
            RefusedError: Any other 4xx, or a redirect.
            UnavailableError: Every try met 429, 5xx, a reset, a time-out or an answer
                that is not JSON.
            UnexpectedAnswerError: JSON of another form than documented.
        """
        pauses = retry_pauses()
        tries = limited = 0
        while True:
            try:
                return self._call_once(operation, body, answer, can_shrink=can_shrink)
            except failures.RateLimitedError as error:
                limited += 1
                pause = error.retry_after or 0.0
                if pause < SHORTEST_PAUSE:  # none, or one that was rounded down
                    pause = next(pauses)
                # closing the budget makes the other threads wait as well
                self._budget.close_for(pause)
                self._retry_or_raise(
                    operation, error, limited, TRIES_WHEN_LIMITED, pause
                )
            except failures.TransientError as error:
                tries += 1
                most = TRIES if self._answered else TRIES_BEFORE_FIRST_ANSWER
                pause = next(pauses)
                self._retry_or_raise(operation, error, tries, most, pause)
                self._clock.sleep(pause)

    def _retry_or_raise(
        self,
        operation: str,
        error: failures.TransientError,
        tries: int,
        most: int,
        pause: float,
    ) -> None:
        if tries >= most:
            msg = (
                f"{operation}: {error}{error.of_request}, {tries} times in a row; "
                "check api_url and the state of Mews, then run again"
            )
            raise UnavailableError(msg) from None
        logger.warning(
            "%s: %s%s; trying again in %.1f s (try %d of %d failed)",
            operation,
            error,
            error.of_request,
            pause,
            tries,
            most,
        )

    def _call_once(
        self,
        operation: str,
        body: Mapping[str, Any],
        answer: Decoder[T],
        *,
        can_shrink: bool,
    ) -> Answer[T] | None:
        response = self._send(operation, body)
        request_id = response.headers.get("Request-Id")
        if response.status_code == requests.codes.no_content:
            return None
        if response.status_code != requests.codes.ok:
            raise failures.error_of(operation, response, can_shrink=can_shrink)
        try:
            return Answer(answer.decode(response.content), request_id)
        except msgspec.ValidationError as error:
            msg = (
                f"{operation}: the answer has not the documented form: {error}"
                f"{failures.of_request(request_id)}; report this with the RequestId"
            )
            raise UnexpectedAnswerError(msg) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            trouble = "the answer is not JSON"
            raise failures.TransientError(trouble, request_id) from None

    def _send(self, operation: str, body: Mapping[str, Any]) -> requests.Response:
        data = msgspec.json.encode({**self._envelope, **body})
        self._budget.acquire()
        try:
            with self._places:
                response = self._session.post(
                    self._base + operation,
                    data=data,
                    timeout=TIMEOUT,
                    # a redirect would carry the tokens to another place
                    allow_redirects=False,
                )
        except requests.Timeout:
            trouble = "no answer in time"
        except (
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
        ) as e:
            trouble = f"the connection failed ({failures.root_cause(e)})"
        except (requests.RequestException, ValueError):
            # ValueError: requests reads the address of a redirect, followed or not
            trouble = "the answer cannot be read"
        else:
            self._answered = True
            self.has_access |= response.status_code in TAKEN
            self.server_clock.learn(response.headers.get("Date"))
            return response
        # from None: the library's exception holds the request and so the tokens
        raise failures.TransientError(trouble) from None
