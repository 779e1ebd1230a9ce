"""Calls to the Mews Connector API; only its connection speaks to Mews.

Retries, errors and what they cost are here, what to ask for is the caller's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec
import requests

from tap_mews.api import responses
from tap_mews.clock import retry_pauses
from tap_mews.errors import UnavailableError, UnexpectedAnswerError
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_mews.api.transport import Transport

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

TRIES = 10
"""With pauses of 1, 2, 4 … 60 s this rides out a trouble of some minutes."""

TRIES_BEFORE_FIRST_ANSWER = 6
"""A host that never answered is more likely a wrong address than in trouble."""

SHORTEST_PAUSE = 1.0
"""Seconds; a `Retry-After` below that would let tries follow at once."""

TRIES_WHEN_LIMITED = 60
"""A 429 is no failure, but a run must not be limited for ever."""

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
class Result(Generic[T]):
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
        return responses.of_request(self.request_id)


class MewsClient:
    """Calls operations of the API. Safe to be used by several threads."""

    def __init__(self, connection: Transport, record: UsageRecord) -> None:
        """Prepare; nothing is sent.

        Args:
            connection: Sends the requests.
            record: Gets all that the calls take.
        """
        self._connection = connection
        self._record = record

    def adding_to(self, record: UsageRecord) -> MewsClient:
        """A client over the same connection, whose usage goes to another record."""
        return MewsClient(self._connection, record)

    def call(
        self,
        operation: str,
        body: Mapping[str, Any],
        answer: Decoder[T],
        *,
        can_shrink: bool = False,
    ) -> Result[T] | None:
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
            except responses.RateLimitedError as error:
                limited += 1
                pause = error.retry_after or 0.0
                if pause < SHORTEST_PAUSE:  # none, or one that was rounded down
                    pause = next(pauses)
                # closing the budget makes the other threads wait as well
                self._connection.budget.pause_for(pause)
                self._retry_or_raise(
                    operation, error, limited, TRIES_WHEN_LIMITED, pause
                )
            except responses.TransientError as error:
                tries += 1
                has_answered = self._connection.has_answered
                most = TRIES if has_answered else TRIES_BEFORE_FIRST_ANSWER
                pause = next(pauses)
                self._retry_or_raise(operation, error, tries, most, pause)
                self._record.add(Usage(retry_seconds=pause))
                self._connection.clock.sleep(pause)

    def _retry_or_raise(
        self,
        operation: str,
        error: responses.TransientError,
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
        self._record.add(Usage(retries=1))
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
    ) -> Result[T] | None:
        reply = self._connection.send(operation, body, self._record)
        request_id = reply.headers.get("Request-Id")
        if reply.status == requests.codes.no_content:
            return None
        if reply.status != requests.codes.ok:
            raise responses.error_of(operation, reply, can_shrink=can_shrink)
        try:
            return Result(answer.decode(reply.body), request_id)
        except msgspec.ValidationError as error:
            msg = (
                f"{operation}: the answer has not the documented form: {error}"
                f"{responses.of_request(request_id)}; report this with the RequestId"
            )
            raise UnexpectedAnswerError(msg) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            trouble = "the answer is not JSON"
            raise responses.TransientError(trouble, request_id) from None
