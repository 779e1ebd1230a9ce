"""What a run shows, and which secrets are in it."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from singer_sdk.logging import StructuredFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox


GUEST = "Quillfeather"
"""The name of every guest."""

BODY = (
    '"ClientToken"',
    '"AccessToken"',
    '"Limitation"',
    '"EntityType"',
    '"ExportIds"',
    '"Extent"',
)
"""What is in request bodies and nowhere else."""

WRONG = "WRONG-0123456789ABCDEF0123456789ABCDEF"


@dataclass
class Shown:
    """Everything that a run shows, by where it shows it."""

    texts: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, text: object) -> None:
        """Keep a text."""
        self.texts[where] = f"{self.texts.get(where, '')}{text}\n"

    def add_error(self, error: BaseException) -> None:
        """Keep an error and all that led to it, in words."""
        self.add("error", error)
        self.add("traceback", "".join(traceback.format_exception(error)))
        cause: BaseException | None = error
        while cause is not None:
            self.add("causes", cause)
            request = getattr(cause, "request", None)
            self.add("insides", f"{cause.args} {getattr(request, 'body', None)!r}")
            cause = cause.__cause__ or cause.__context__


class Everything(logging.Handler):
    """Shows records in every form there is."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(logging.DEBUG)
        self._shown = shown
        self._structured = StructuredFormatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._shown.add("log", self.format(record))
        self._shown.add("structured log", self._structured.format(record))
        self._shown.add("arguments", f"{record.msg} {record.args}")


@contextmanager
def all_shown(shown: Shown) -> Iterator[None]:
    """Catch what anything logs."""
    root, handler = logging.getLogger(), Everything(shown)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def secrets_of(sandbox: Sandbox) -> set[str]:
    """What must not be shown."""
    tokens = {*sandbox.access.tokens(), WRONG}
    halves = {half for token in tokens for half in (token[:20], token[-20:])}
    return halves | {*sandbox.exports._links} | {*BODY, GUEST, "sig="}


def leaks(sandbox: Sandbox, texts: dict[str, str]) -> set[tuple[str, str]]:
    """What is shown nevertheless, and where."""
    return {
        (where, secret)
        for where, text in list(texts.items())  # a thread may still log
        for secret in secrets_of(sandbox)
        if secret in text
    }
