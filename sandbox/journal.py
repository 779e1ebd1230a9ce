"""Everything that was asked of the platform, for tests to look at."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.encoding import Json


@dataclass
class Request:
    """One call of the API.

    Attributes:
        operation: the path below `/api/connector/v1/`.
        body: what was sent, without the tokens.
        grant: the name of the access token that was used.
        rows: how many rows the answer held.
        unknown: properties that the operation does not have; a breach.
        deprecated: properties that Mews advises against; none.
        breach: how the client broke the contract, if it did.
        fault: the fault that was switched on for this call, if any.
        monotonic: real seconds; differences are elapsed time.
        answered: the same, when the answer was made.
    """

    operation: str
    at: datetime
    body: Json = field(default_factory=dict)
    grant: str | None = None
    status: int | None = None
    message: str | None = None
    request_id: str | None = None
    rows: int | None = None
    unknown: list[str] = field(default_factory=list)
    deprecated: list[str] = field(default_factory=list)
    breach: str | None = None
    fault: str | None = None
    monotonic: float = field(default_factory=time.monotonic)
    answered: float | None = None


@dataclass
class Download:
    """One request for an exported file."""

    file: str
    at: datetime
    job: str | None = None
    range: str | None = None
    status: int | None = None
    sent: int = 0
    breach: str | None = None
    fault: str | None = None
    monotonic: float = field(default_factory=time.monotonic)


class Journal:
    """The requests and downloads so far, in the order in which they arrived."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._downloads: list[Download] = []

    def add(self, entry: Request | Download) -> None:
        """Note an arrival; its outcome is filled in later."""
        with self._lock:
            if isinstance(entry, Request):
                self._requests.append(entry)
            else:
                self._downloads.append(entry)

    def requests(self, operation: str | None = None) -> list[Request]:
        """Give the calls of one operation, or all."""
        with self._lock:
            return [
                each
                for each in self._requests
                if operation is None or each.operation == operation
            ]

    @property
    def downloads(self) -> list[Download]:
        """The requests for files."""
        with self._lock:
            return list(self._downloads)

    @property
    def breaches(self) -> list[Request | Download]:
        """Every request in which the client broke the contract."""
        entries: list[Request | Download] = [*self.requests(), *self.downloads]
        return [each for each in entries if each.breach]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._downloads.clear()
