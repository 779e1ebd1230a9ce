"""Keeps secrets out of every log record, whichever library writes it.

A record factory is the one place that all loggers and handlers share, so a logging
config of the user's cannot bypass it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "(redacted)"

SHORTEST_SECRET = 6
"""Characters; a token of Mews has dozens, and what is shorter is no secret."""

_QUERY = re.compile(
    r"(?<=[^\s\"?])\?[^\s\"<>=]*=[^\s\"<>]*?(?=['),;]*(?:[\s\"<>]|$))",
)
"""The query of a URL or of a request line; a signed URL's is its key. Quotes and
parentheses are legal within it, so it runs up to white space but for those at its end.
"""

_FORMATTER = logging.Formatter()


class Redactor:
    """Replaces known secrets and the queries of URLs in text."""

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str | None]) -> None:
        """Add secrets; short ones are passed over, since they are in every text."""
        new = {each for each in secrets if each and len(each) >= SHORTEST_SECRET}
        # the longest first: one may begin with another one
        self._secrets = tuple(sorted({*self._secrets, *new}, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets and without queries of URLs."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _QUERY.sub(f"?{MASK}", text)


REDACTOR = Redactor()
"""One for the process, as the factory of log records is."""


def install() -> None:
    """Make all log records of this process pass the redactor, once."""
    factory = logging.getLogRecordFactory()
    if getattr(factory, "redacts", False):
        return

    def redacting(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401
        record = factory(*args, **kwargs)
        _clean_message(record)
        _clean_exception(record)
        return record

    redacting.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(redacting)


def _clean_message(record: logging.LogRecord) -> None:
    try:
        text = record.getMessage()
    except (TypeError, ValueError):  # the handler reports a wrong format itself
        return
    cleaned = REDACTOR.clean(text)
    if cleaned != text:
        record.msg, record.args = cleaned, ()


def _clean_exception(record: logging.LogRecord) -> None:
    """Put a cleaned traceback in the place of an exception that shows a secret."""
    if not record.exc_info or record.exc_info[1] is None:
        return
    text = _FORMATTER.formatException(record.exc_info)
    # some formatters show those too that the standard one leaves out
    behind = "\n".join(map(str, causes_of(record.exc_info[1])))
    if any(REDACTOR.clean(part) != part for part in (text, behind)):
        record.exc_info, record.exc_text = None, REDACTOR.clean(text)


def causes_of(error: BaseException) -> list[BaseException]:
    """An exception and all that it was made from, the innermost at the end."""
    found = [error]
    for each in found:
        parts = (*each.args, getattr(each, "reason", None))
        for inner in (*parts, each.__cause__, each.__context__):
            if isinstance(inner, BaseException) and inner not in found:
                found.append(inner)
    return found
