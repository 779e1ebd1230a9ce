"""Answers of Mews, and what those mean that are no success."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from requests import codes

from tap_mews.api.network_errors import CHECK_PROXY, TransientError
from tap_mews.api.redaction import REDACTOR
from tap_mews.api.refusals import named_intervals, shortest_interval
from tap_mews.errors import (
    RefusedError,
    TooHeavyError,
    TooLargeError,
    UnauthorizedError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

REASONED = {codes.bad_request, codes.conflict}
"""Statuses that Mews always gives words with; without, the answer was damaged."""

LONGEST_PAUSE = 300.0
"""Seconds; however much longer a `Retry-After` is, what Mews says then is news."""

TRIES_WHEN_LIMITED = 60
"""A 429 is no failure, but a run must not be limited for ever."""

LONGEST_REASON, LONGEST_ID = 500, 100
"""Characters of an answer that messages repeat."""

TRIES_OF_CONFLICTS = 4
"""Somebody who changes a row at the same moment is done after seconds."""

_CONFLICT = re.compile(r"someone else .*chang", re.IGNORECASE)


@dataclass(frozen=True)
class Response(Generic[T]):
    """An answer, read to its end.

    Attributes:
        headers: Found whatever their case.
        value: The bytes of the body, or what they were decoded to.
    """

    status: int
    headers: Mapping[str, str]
    value: T

    @property
    def of_request(self) -> str:
        """Words for a message that name the request, or none."""
        return of_request(self.headers.get("Request-Id"))


class _ErrorBody(msgspec.Struct):
    """An error as Mews words it; `Details` may echo the request and is left alone."""

    message: str | None = msgspec.field(name="Message", default=None)
    request_id: str | None = msgspec.field(name="RequestId", default=None)


def error_of(
    operation: str, response: Response[bytes], *, can_shrink: bool
) -> Exception:
    """The exception for an answer that is neither 200 nor 204.

    Args:
        operation: What was called.
        response: Its answer.
        can_shrink: Whether the caller can ask for less when it is told to (408).

    Returns:
        A `TransientError` where another try makes sense, else the error for the user.
    """
    status, body = response.status, _ErrorBody()
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = msgspec.json.decode(response.value, type=_ErrorBody)
    reason = REDACTOR.clean((body.message or "")[: 10 * LONGEST_REASON])
    reason = reason[:LONGEST_REASON]
    request = of_request(body.request_id) or response.of_request
    what = f"HTTP {status}" + (f" {reason!r}" if reason else "")
    line = f"{operation}: {what}{request}"
    if status == codes.too_many_requests:
        return _limited(response.headers)
    if status == codes.proxy_authentication_required:
        reason = "the proxy requires a user name and a password (HTTP 407)"
        return TransientError(reason, hint=CHECK_PROXY, tries=1)
    if status == codes.unauthorized:
        return UnauthorizedError(line)
    if status == codes.request_timeout and can_shrink:
        return TooHeavyError(line)
    if status == codes.forbidden and _CONFLICT.search(reason):
        return TransientError(what, of_request=request, tries=TRIES_OF_CONFLICTS)
    if (
        status == codes.request_timeout
        or status >= codes.server_error
        or (status in REASONED and body.message is None)
    ):
        return TransientError(what, of_request=request)
    if status == codes.request_entity_too_large:
        return TooLargeError(line, status=status, reason=reason)
    if codes.multiple_choices <= status < codes.bad_request:
        line += "; the tap follows no redirects, set api_url to the final address"
    is_bad = status == codes.bad_request
    return RefusedError(
        line,
        status=status,
        reason=reason,
        intervals=named_intervals(reason) if is_bad else (),
        shortest=shortest_interval(reason) if is_bad else None,
    )


def of_request(request_id: str | None) -> str:
    """Words for a message that name a request, or none."""
    known = "".join(filter(str.isprintable, request_id or ""))[:LONGEST_ID]
    return f" (RequestId {known})" if known else ""


def _limited(headers: Mapping[str, str]) -> TransientError:
    """429; `Retry-After` is seconds or a date by the server's clock, or missing."""
    asked = headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            until, now = map(parsedate_to_datetime, (asked, headers["Date"]))
            seconds = (until - now).total_seconds()
    reason = "rate limit reached"
    if seconds > LONGEST_PAUSE:
        reason += f", Mews asked for a pause of {seconds:,.0f} s"
    hold = 0.0 if math.isnan(seconds) else min(seconds, LONGEST_PAUSE)
    return TransientError(reason, hold=hold, tries=TRIES_WHEN_LIMITED)
