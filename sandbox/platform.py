"""The platform: takes a call through tokens, limits and faults to its answer."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sandbox.access import Access, Grant
from sandbox.answers import Refusal, Reply, error
from sandbox.body import Body
from sandbox.clock import Clock, utc_text
from sandbox.encoding import Json, copied, decode
from sandbox.exports import Exports
from sandbox.fault_queue import Faults
from sandbox.faults import Call
from sandbox.journal import Journal, Request
from sandbox.limits import Limits

if TYPE_CHECKING:
    from sandbox.store import Order, Store

_ENVELOPE = ("ClientToken", "AccessToken", "Client", "LanguageCode", "CultureCode")


class Platform:
    """Everything behind the API that is not HTTP.

    Attributes:
        lenient_paths: whether the case of a path matters not. The documentation says
            it does; a public client that ignores it is known.
        refuses_unknown: whether a request with an unknown property is refused; by
            default the property is ignored. Either way it is noted as a breach.
    """

    def __init__(self, store: Store, clock: Clock, seed: int) -> None:
        """Set up the services around the rows."""
        self.store = store
        self.clock = clock
        self.access = Access(store, seed)
        self.limits = Limits()
        self.journal = Journal()
        self.faults = Faults()
        self.exports = Exports(clock, seed)
        self.cursors: dict[tuple[str, str], Order] = {}
        self.stopped = threading.Event()
        self.lenient_paths = False
        self.refuses_unknown = False
        self._lock = threading.Lock()
        self._rng = random.Random(f"{seed}/requests")

    def call(self, operation: str, headers: Mapping[str, str], raw: bytes) -> Reply:
        """Answer one request of the API."""
        entry = Request(operation, self.clock.now())
        self.journal.add(entry)
        entry.request_id = self._request_id()
        try:
            reply = self._answer(entry, headers, raw)
        except Refusal as refusal:
            reply = self._refuse(entry, refusal)
        entry.status, entry.answered = reply.status, time.monotonic()
        reply.headers.setdefault("Request-Id", entry.request_id)
        return reply

    def summary(self) -> dict[str, object]:
        """Give what was asked so far, as JSON."""
        requests = self.journal.requests()
        return {
            "Now": utc_text(self.clock.now().replace(microsecond=0)),
            "Requests": dict(Counter(each.operation for each in requests)),
            "Downloads": len(self.journal.downloads),
            "Breaches": [each.breach for each in self.journal.breaches],
        }

    def leaked(self, *texts: str) -> bool:
        """Whether a token is in one of these texts."""
        tokens = self.access.tokens()
        return any(token in text for text in texts for token in tokens)

    def _answer(self, entry: Request, headers: Mapping[str, str], raw: bytes) -> Reply:
        if self.leaked(entry.operation, str(headers)):
            raise Refusal(400, "A token belongs into the body only.")
        if self.lenient_paths:
            lower = {path.lower(): path for path in OPERATIONS}
            entry.operation = lower.get(entry.operation.lower(), entry.operation)
        if entry.operation not in OPERATIONS:
            raise Refusal(404, "Not found.")
        self.limits.check_body(len(raw))
        properties = _properties(headers, raw)
        entry.body = copied(
            {k: v for k, v in properties.items() if not k.endswith("Token")}
        )
        if not isinstance(properties.get("Client"), str) or not properties["Client"]:
            raise Refusal(400, "Invalid Client.")
        grant = self.access.authenticate(
            properties.get("ClientToken"), properties.get("AccessToken")
        )
        entry.grant = grant.name
        self.limits.count(grant.token, self.clock)
        self.stopped.wait(self.limits.latency)
        carry_out = partial(self._carry_out, entry, grant, headers, properties)
        fault = self.faults.due(entry.operation)
        if fault is None:
            return carry_out()
        entry.fault = repr(fault)
        request_id = entry.request_id or ""
        return fault(Call(carry_out, self.clock, self.stopped, request_id))

    def _carry_out(
        self,
        entry: Request,
        grant: Grant,
        headers: Mapping[str, str],
        properties: Json,
    ) -> Reply:
        body = Body({k: v for k, v in properties.items() if k not in _ENVELOPE})
        minimal = "return=minimal" in headers.get("Prefer", "")
        try:
            self.access.permit(entry.operation)
            ask = Ask(self, entry, grant, body, minimal)
            reply = OPERATIONS[entry.operation](ask)
            self._note_unknown(entry, body)
        except Refusal as refusal:
            return self._refuse(entry, refusal)
        return reply

    def _note_unknown(self, entry: Request, body: Body) -> None:
        entry.unknown = body.unknown()
        if entry.unknown:
            entry.breach = f"unknown properties: {', '.join(entry.unknown)}"
            if self.refuses_unknown:
                raise Refusal(400, f"Invalid {entry.unknown[0]}.")

    def _refuse(self, entry: Request, refusal: Refusal) -> Reply:
        entry.message = refusal.message
        if refusal.breach:
            entry.breach = f"{refusal.status} {refusal.message}"
        return error(
            refusal.status, refusal.message, entry.request_id or "", refusal.headers
        )

    def _request_id(self) -> str:
        with self._lock:
            return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))


@dataclass
class Ask:
    """A request that has been let in, as an operation sees it."""

    platform: Platform
    entry: Request
    grant: Grant
    body: Body
    minimal: bool


Operation = Callable[[Ask], Reply]
OPERATIONS: dict[str, Operation] = {}


def operation(path: str) -> Callable[[Operation], Operation]:
    """Serve an operation of the API."""

    def register(function: Operation) -> Operation:
        OPERATIONS[path] = function
        return function

    return register


def _properties(headers: Mapping[str, str], raw: bytes) -> Json:
    if "application/json" not in headers.get("Content-Type", ""):
        raise Refusal(400, "The Content-Type must be application/json.")
    try:
        properties = decode(raw)
    except ValueError:
        raise Refusal(400, "Invalid JSON.") from None
    if not isinstance(properties, dict):
        raise Refusal(400, "Invalid JSON.")
    return properties
