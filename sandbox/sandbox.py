"""The sandbox: a hotel group, the platform that holds its data, and its server."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Any, final

from sandbox import operations
from sandbox.clock import START, Clock, parse_utc, utc_text
from sandbox.encoding import Json, copied, encode
from sandbox.hotel.founding import Plan, found
from sandbox.hotel.shapes import GLOBAL
from sandbox.parameters import parents
from sandbox.platform import Platform
from sandbox.samples import sample
from sandbox.server import Server
from sandbox.store import CHAIN_ENTITIES, EVERYBODY, Row

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from types import TracebackType

__all__ = ["Sandbox", "operations"]


@final
class Sandbox:
    """A Mews platform of one's own.

    Attributes:
        url: where it listens, once it has been entered.
        port: where it is to listen; 0 takes a free port.
        client_token: the token of the integration.
        access_token: a portfolio token that reaches every property.
        clock: the platform's time, which can be advanced.
        journal: what was asked of it.
        access: further tokens, and which operations are allowed.
        limits: knobs for rate, page size, latency and intervals.
        exports: knobs for jobs and files.
        faults: what can go wrong.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        properties: int = 3,
        chains: int = 1,
        days: int = 90,
        reservations_per_day: float = 2.0,
        start: datetime = START,
        undocumented: bool = True,
    ) -> None:
        """Found the group and let it live for some days until `start`.

        Args:
            seed: the same seed gives the same hotels and the same history.
            properties: how many hotels, dealt out to the chains.
            chains: how many chains.
            days: how long the history is.
            reservations_per_day: how busy each hotel is.
            start: the virtual time at which the clock starts.
            undocumented: whether rows carry what real rows carry and no page describes:
                properties that were seen, and some under names that nobody can know.
        """
        self._rng = random.Random(f"{seed}/rows")
        self.group = found(
            Plan(
                seed,
                properties,
                chains,
                days,
                reservations_per_day,
                start,
                undocumented,
            )
        )
        self.clock = Clock(start)
        self.platform = Platform(self.group.store, self.clock, seed)
        self.access = self.platform.access
        self.limits = self.platform.limits
        self.exports = self.platform.exports
        self.faults = self.platform.faults
        self.journal = self.platform.journal
        self.client_token = self.access.client_token
        self.access_token = self.access.access_token
        self.url = ""
        self.port = 0
        self._server: Server | None = None

    def __enter__(self) -> Sandbox:
        """Start to serve."""
        self._server = Server(self.platform, self.live_on, self.port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.exports.base_url = self.url
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and break all connections."""
        self.platform.stopped.set()
        if self._server:
            self._server.stop()
            self._server = None

    @property
    def enterprise_ids(self) -> list[str]:
        """The properties, in the order in which they joined."""
        return [*self.platform.store.table("Enterprise").rows]

    @property
    def chain_ids(self) -> list[str]:
        """The chains of the properties."""
        return self.access.chains(self.access.find(self.access_token))

    def config(self, **overrides: Any) -> Json:  # noqa: ANN401 - settings are any JSON
        """Give the tap's settings for this sandbox."""
        return {
            "client_token": self.client_token,
            "access_token": self.access_token,
            "api_url": self.url,
            **overrides,
        }

    def live_on(self, span: timedelta) -> None:
        """Let time pass and the hotels live.

        What they do in that time is updated in it, and nothing before it.
        """
        with self.platform.store.lock:
            before = self.clock.now()
            self.group.life.until(self.clock.advance(span), not_before=before)

    def add_property(self, *, new_chain: bool = False) -> str:
        """Let a hotel join the portfolio, and give its id.

        It brings a history as long as the others'. In a chain of its own all of that
        is old; otherwise its guests enter the chain's profiles now.
        """
        with self.platform.store.lock:
            now = self.clock.now()
            self.group.life.until(now, not_before=now)
            chain = self.group.add_chain() if new_chain else self.group.chains[0]
            if not new_chain:
                chain.not_before = now
            hotel = self.group.add_hotel(chain, linked=now)
            self.group.life.until(now, not_before=self.group.opened)
            return hotel.id

    def rows(
        self,
        entity: str,
        enterprise_ids: list[str] | None = None,
        *,
        token: str | None = None,
        served: bool = False,
    ) -> list[Json]:
        """Give the current rows that a token reaches, oldest update first.

        For customers and companies these are the rows of the enterprises' chains.

        Args:
            entity: what they are.
            enterprise_ids: whose they are, None for all that the token reaches.
            token: an access token, if not the one that reaches everything.
            served: whether they are as they are served. By default they are as a target
                should hold them: without the properties whose names were made up.
        """
        found = self._select(entity, enterprise_ids, token)
        return [copied(row.served if served else row.data) for row in found]

    def lines(
        self,
        entity: str,
        enterprise_ids: list[str] | None = None,
        *,
        served: bool = False,
    ) -> list[bytes]:
        """Give the same rows as JSON."""
        found = self._select(entity, enterprise_ids, None)
        return [row.json if served else encode(row.data) for row in found]

    def new_row(self, entity: str, **overrides: Any) -> Json:  # noqa: ANN401 - any JSON
        """Make a plausible row, created now, of the first property; `put` adds it."""
        now = utc_text(self.clock.now().replace(microsecond=0))
        row = sample(entity)
        new = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        row["Id" if "Id" in row else "Code"] = new
        known = {
            "EnterpriseId": self.enterprise_ids[:1],
            "ChainId": self.chain_ids[:1],
            "CreatedUtc": [now],
            "UpdatedUtc": [now],
        }
        for parent in parents(entity):
            rows = self._select(parent.entity, self.enterprise_ids[:1], None)
            known[parent.column] = [row.data["Id"] for row in rows]
        row.update({k: v[0] for k, v in known.items() if k in row and v})
        return {**row, **overrides}

    def put(
        self,
        entity: str,
        row: Json,
        enterprise_id: str | None = None,
        *,
        updated: datetime | None = None,
    ) -> Json:
        """Add a row, or replace the one with its Id; give it back.

        Args:
            entity: what it is.
            row: its data, as odd as a test wants them.
            enterprise_id: whose it is, where the row does not say.
            updated: when it counts as updated, if not at its UpdatedUtc; now where it
                has none.
        """
        try:
            updated = updated or parse_utc(row["UpdatedUtc"])
        except (KeyError, TypeError, ValueError):
            updated = self.clock.now()
        owner = self._owner(entity, row, enterprise_id)
        self.platform.store.put(entity, copied(row), owner, updated)
        group = row.get("GroupId") if entity == "Reservation" else None
        groups = self.platform.store.table("ReservationGroup").rows
        if isinstance(group, str) and group.lower() not in groups:
            # a reservation is in a group that there is
            self.put("ReservationGroup", {"Id": group}, owner, updated=updated)
        return row

    def _select(
        self, entity: str, enterprise_ids: list[str] | None, token: str | None
    ) -> list[Row]:
        store = self.platform.store
        grant = self.access.find(token or self.access_token)
        with store.lock:
            owners = self.access.owners(grant, entity)
            if enterprise_ids is not None:
                owners &= {self._owner(entity, {"Id": k}, k) for k in enterprise_ids}
            return store.table(entity).select(lambda row: row.owner in owners)

    def _owner(self, entity: str, row: Json, enterprise_id: str | None) -> str:
        if entity in GLOBAL:
            return EVERYBODY
        if entity == "Enterprise":
            return str(row["Id"])
        known = self.platform.store.table(entity).rows.get(str(row.get("Id")))
        if entity not in CHAIN_ENTITIES:
            given = enterprise_id or row.get("EnterpriseId")
            return str(given or (known.owner if known else self.enterprise_ids[0]))
        if enterprise_id:
            enterprise = self.platform.store.get("Enterprise", enterprise_id)
            return str(enterprise["ChainId"])
        return str(row.get("ChainId") or (known.owner if known else self.chain_ids[0]))
