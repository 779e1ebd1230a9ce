"""Calls to the Mews Connector API; only its connection speaks to Mews.

Retries, errors and what they cost are here, what to ask for is the caller's.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from requests import codes

from tap_mews.api.network_errors import LongBodyError, TransientError
from tap_mews.api.refusals import ALLOWED_BEFORE
from tap_mews.api.responses import Response, error_of
from tap_mews.api.transport import MAX_BYTES
from tap_mews.clock import retry_pauses
from tap_mews.errors import (
    MewsError,
    OutageError,
    TooHeavyError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
    WithdrawnError,
)
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_mews.api.access import Access
    from tap_mews.api.transport import Transport

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

TRIES = 10
"""With pauses of 1, 2, 4 … 60 s this rides out a trouble of some minutes."""

TRIES_BEFORE_FIRST_ANSWER = 6
"""A host that never answered is more likely a wrong address than in trouble."""

SHORTEST_PAUSE = 1.0
"""Seconds; a `Retry-After` below that was rounded down, and would not help."""

logger = logging.getLogger("tap-mews.client")


class Decoder(Protocol[T_co]):
    """Decodes the body of an answer; msgspec's decoders are such."""

    def decode(self, body: bytes, /) -> T_co:
        """Decode.

        Raises:
            msgspec.ValidationError: It is JSON of another form.
            msgspec.DecodeError: It is not JSON.
        """


class MewsClient:
    """Calls operations of the API. Safe to be used by several threads."""

    def __init__(
        self, transport: Transport, access: Access, record: UsageRecord
    ) -> None:
        self._transport = transport
        self._access = access
        self._record = record

    def adding_to(self, record: UsageRecord) -> MewsClient:
        """A client with the same token, whose usage goes to another record."""
        return MewsClient(self._transport, self._access, record)

    def call(
        self,
        operation: str,
        body: Mapping[str, Any],
        answer: Decoder[T],
        *,
        can_shrink: bool = False,
        most_bytes: int | None = None,
    ) -> Response[T] | None:
        """Call one operation, again where that makes sense.

        Args:
            operation: Name of the operation, such as `exports/getAll`.
            body: Properties of the request besides the tokens.
            answer: Decodes the answer.
            can_shrink: Whether the caller can ask for less when it is told to (408);
                else a 408 is one more reason to try again.
            most_bytes: Size of an answer above which the caller asks for less; None if
                it cannot.

        Returns:
            The answer, or None for 204.

        Raises:
            UnauthorizedError: 401.
            WithdrawnError: 401 to what was allowed before.
            TooHeavyError: 408, if the caller can shrink; or more than `most_bytes`.
            TooLargeError: 413.
            RefusedError: Any other 4xx, or a redirect.
            UnavailableError: Every try met 429, 5xx, a reset, a time-out or an answer
                that is not JSON.
            OutageError: The same, and Mews answers nothing else any more.
            UnexpectedAnswerError: JSON of another form than documented.
        """
        pauses = retry_pauses()
        failures: Counter[bool] = Counter()
        while True:
            try:
                return self._call_once(
                    operation,
                    body,
                    answer,
                    can_shrink=can_shrink,
                    most_bytes=most_bytes,
                )
            except TransientError as error:
                limited = error.hold is not None
                failures[limited] += 1
                pause = error.hold or 0.0
                if pause < SHORTEST_PAUSE:
                    pause = next(pauses)
                line = self._retry_or_raise(operation, error, failures[limited], pause)
                if limited:
                    # so the other threads wait as well
                    longer = self._access.rate_limiter.pause_for(pause)
                    # most of those that were on their way get the same answer
                    is_news = longer > SHORTEST_PAUSE / 2
                    logger.log(logging.WARNING if is_news else logging.DEBUG, line)
                else:
                    logger.warning(line)
                    self._record.add(Usage(retry_seconds=pause))
                    self._transport.clock.sleep(pause)

    def _retry_or_raise(
        self, operation: str, error: TransientError, failures: int, pause: float
    ) -> str:
        """Count one more try; gives a line for the log.

        Raises:
            UnavailableError: There were enough.
        """
        has_answered = self._transport.has_answered
        most = error.tries or (TRIES if has_answered else TRIES_BEFORE_FIRST_ANSWER)
        line = f"{operation}: {error}{error.of_request}"
        if failures >= most:
            often = f", {failures} times in a row" if most > 1 else ""
            hint = error.hint or "check api_url and the status of Mews"
            kind = UnavailableError
            if self._is_outage():
                kind, often = OutageError, f"{often}, nor are other requests answered"
            msg = f"{line}{often}; {hint}, then run again"
            raise kind(msg) from None
        self._record.add(Usage(retries=1))
        tries = f"try {failures} of {most} failed"
        return f"{line}; trying again in {pause:.1f} s ({tries})"

    def _is_outage(self) -> bool:
        """Whether Mews no longer answers what it answered before in this run.

        It is asked once with this token, and once with another one if there are many.
        """
        accesses = self._transport.accesses
        others = [each for each in accesses if each is not self._access]
        reads = [
            (each, read)
            for each in (self._access, *others)
            if (read := each.known_read)
        ]
        return bool(reads) and not any(self._is_answered(*each) for each in reads[:2])

    def _is_answered(self, access: Access, read: tuple[str, Mapping[str, Any]]) -> bool:
        try:
            answer = self._transport.send(access, *read, self._record)
        except TransientError:
            return False
        return bool(answer.status < codes.internal_server_error)

    def _call_once(
        self,
        operation: str,
        body: Mapping[str, Any],
        answer: Decoder[T],
        *,
        can_shrink: bool,
        most_bytes: int | None,
    ) -> Response[T] | None:
        try:
            response = self._send(operation, body, most_bytes or MAX_BYTES)
        except LongBodyError as too_long:
            if most_bytes is None:
                raise
            msg = f"{operation}: {too_long}"
            raise TooHeavyError(msg) from None
        if response.status == codes.no_content:
            return None
        if response.status != codes.ok:
            error = error_of(operation, response, can_shrink=can_shrink)
            if isinstance(error, UnauthorizedError):
                error = self._explained(error, operation)
            raise error
        try:
            decoded = answer.decode(response.value)
        except msgspec.ValidationError as error:
            msg = (
                f"{operation}: unexpected response format: {error}"
                f"{response.of_request}; report this with the RequestId"
            )
            raise UnexpectedAnswerError(msg) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reason = "the response is not JSON"
            raise TransientError(reason, of_request=response.of_request) from None
        return Response(response.status, response.headers, decoded)

    def _send(
        self, operation: str, body: Mapping[str, Any], most_bytes: int = MAX_BYTES
    ) -> Response[bytes]:
        return self._transport.send(
            self._access, operation, body, self._record, most_bytes
        )

    def _explained(self, error: UnauthorizedError, operation: str) -> MewsError:
        """A 401 to what was let in before in this run: one more request tells why."""
        if operation not in self._access.accepted:
            return error
        read = self._access.known_read
        with suppress(TransientError):
            if read and self._send(*read).status == codes.unauthorized:
                msg = (
                    f"{error}, and Mews now also refuses what it allowed earlier in "
                    "this run; the access token may have been revoked, check it and "
                    "run again"
                )
                return WithdrawnError(msg)
        return UnauthorizedError(f"{error}, {ALLOWED_BEFORE}")
