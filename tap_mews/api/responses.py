"""What an answer that is no success means, and whether to try again."""

from __future__ import annotations

from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_mews.api.redaction import REDACTOR
from tap_mews.errors import RefusedError, TooHeavyError, UnauthorizedError

if TYPE_CHECKING:
    from tap_mews.api.transport import Response

REASONED = {400, 409}
"""Statuses that Mews always gives words with; without, the answer was damaged."""


class _ErrorBody(msgspec.Struct):
    """An error as Mews words it; `Details` may echo the request and is left alone."""

    message: str | None = msgspec.field(name="Message", default=None)
    request_id: str | None = msgspec.field(name="RequestId", default=None)


class TransientError(Exception):
    """Trouble that another try can end."""

    def __init__(self, trouble: str, request_id: str | None = None) -> None:
        """Keep the request.

        Args:
            trouble: What happened, without the operation.
            request_id: What Mews support asks for.
        """
        super().__init__(trouble)
        self.of_request = of_request(request_id)


class RateLimitedError(TransientError):
    """429, with the pause it asks for in seconds, if it does."""

    def __init__(self, trouble: str, retry_after: float | None) -> None:
        """Keep the pause.

        Args:
            trouble: What happened, without the operation.
            retry_after: Seconds, or None where the answer names none.
        """
        super().__init__(trouble)
        self.retry_after = retry_after


def error_of(
    operation: str,
    reply: Response,
    *,
    can_shrink: bool,
) -> Exception:
    """The exception for an answer that is neither 200 nor 204.

    Args:
        operation: What was called.
        reply: Its answer.
        can_shrink: Whether the caller can ask for less when it is told to (408).

    Returns:
        A `TransientError` where another try makes sense, else the error for the user.
    """
    status = reply.status
    error = _ErrorBody()
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        error = msgspec.json.decode(reply.body, type=_ErrorBody)
    reason = REDACTOR.clean(error.message or "")
    request_id = error.request_id or reply.headers.get("Request-Id")
    what = f"HTTP {status}" + (f" {reason!r}" if reason else "")
    line = f"{operation}: {what}{of_request(request_id)}"
    if status == requests.codes.too_many_requests:
        retry_after = _seconds(reply.headers.get("Retry-After"), reply)
        return RateLimitedError("the rate limit is reached", retry_after)
    if status == requests.codes.unauthorized:
        return UnauthorizedError(line)
    if status in REASONED and error.message is None:
        return TransientError(what, request_id)
    if status == requests.codes.request_timeout and can_shrink:
        return TooHeavyError(line)
    if (
        status == requests.codes.request_timeout
        or status >= requests.codes.server_error
    ):
        return TransientError(what, request_id)
    if status < requests.codes.bad_request:
        line += "; redirects are not followed, set api_url to the address itself"
    return RefusedError(line, status=status, reason=reason)


def _seconds(retry_after: str | None, reply: Response) -> float | None:
    """Read `Retry-After`, which is seconds or an HTTP date by the server's clock."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(retry_after)
        now = parsedate_to_datetime(reply.headers["Date"])
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None


def root_cause(error: BaseException) -> str:
    """Name of the innermost exception; the texts of all could hold an address."""
    seen = {id(error)}
    reason: Any = error
    while True:
        inner = getattr(reason, "reason", None) or next(iter(reason.args), None)
        inner = inner if isinstance(inner, BaseException) else reason.__context__
        if inner is None or id(inner) in seen:
            return type(reason).__name__
        seen.add(id(inner))
        reason = inner


def of_request(request_id: str | None) -> str:
    """Words for a message that name a request, or none."""
    return f" (RequestId {request_id})" if request_id else ""
