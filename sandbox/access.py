"""Tokens: who may ask, which properties they reach, which operations are allowed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.answers import Refusal
from sandbox.hotel.shapes import GLOBAL
from sandbox.store import CHAIN_ENTITIES, EVERYBODY, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

SESSION = "Cannot perform operation or session has expired."


@dataclass(frozen=True)
class Grant:
    """What an access token opens; without `enterprise_ids` every property."""

    name: str
    token: str
    portfolio: bool
    enterprise_ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Revocation:
    """An operation that is taken away, of some properties or of all."""

    status: int
    enterprise_ids: frozenset[str] | None = None

    def refusal(self, operation: str) -> Refusal:
        """Give what is answered; no fault of the client's, who cannot know."""
        texts = {401: SESSION, 404: "Not found."}
        message = texts.get(self.status, f"{operation} is not allowed.")
        return Refusal(self.status, message, breach=False)


class Access:
    """The tokens that exist, and the operations that are taken away."""

    def __init__(self, store: Store, seed: int) -> None:
        """Make the client token and a portfolio token."""
        self._store = store
        self._rng = random.Random(f"{seed}/access")
        self._revoked: dict[str, Revocation] = {}
        self._grants: dict[str, Grant] = {}
        self._withdrawn: set[str] = set()
        self.client_token = self._token()
        self.access_token = self.grant(None, name="portfolio")

    def grant(
        self,
        enterprise_ids: list[str] | None,
        *,
        portfolio: bool = True,
        name: str | None = None,
    ) -> str:
        """Make an access token for some properties, or for all, and give it."""
        token = self._token()
        ids = None if enterprise_ids is None else tuple(enterprise_ids)
        grant = Grant(name or f"token {len(self._grants)}", token, portfolio, ids)
        self._grants[token] = grant
        return token

    def withdraw(self, token: str) -> None:
        """Let an access token open nothing any more."""
        # it stays known: it may not appear outside of a body even then
        self._withdrawn.add(token)

    def single_property(self, enterprise_id: str) -> str:
        """Make the access token of one property, no portfolio, and give it."""
        return self.grant([enterprise_id], portfolio=False)

    def revoke(
        self,
        operation: str,
        status: int = 401,
        enterprise_ids: Iterable[str] | None = None,
    ) -> None:
        """Take an operation away from the integration.

        Args:
            operation: its path.
            status: what it is answered with; 404 for an operation that is not there.
            enterprise_ids: the properties whose data it no longer gives, None for all.
        """
        some = None if enterprise_ids is None else frozenset(enterprise_ids)
        self._revoked[operation] = Revocation(status, some)

    def allow(self, operation: str) -> None:
        """Give an operation back."""
        self._revoked.pop(operation, None)

    def authenticate(self, client_token: object, access_token: object) -> Grant:
        """Give what the tokens open.

        Raises:
            Refusal: 401, a token is missing or wrong.
        """
        if client_token != self.client_token:
            raise Refusal(401, "Invalid ClientToken.")
        return self.find(access_token)

    def find(self, access_token: object) -> Grant:
        """Give what an access token opens.

        Raises:
            Refusal: 401, the token is missing or wrong.
        """
        grant = self._grants.get(str(access_token))
        if grant is None:
            raise Refusal(401, SESSION)
        if grant.token in self._withdrawn:
            # no fault of the client's, who cannot know
            raise Refusal(401, SESSION, breach=False)
        return grant

    def permit(self, operation: str) -> None:
        """Check that the integration may call an operation.

        Raises:
            Refusal: it may not.
        """
        revoked = self._revoked.get(operation)
        if revoked and revoked.enterprise_ids is None:
            raise revoked.refusal(operation)

    def permit_for(self, operation: str, entity: str, owners: Iterable[str]) -> None:
        """Check that it may be called for all of these enterprises or chains.

        A chain may be asked about as long as one of its properties may.

        Raises:
            Refusal: it may not.
        """
        revoked = self._revoked.get(operation)
        if not revoked or revoked.enterprise_ids is None:
            return
        closed = set(revoked.enterprise_ids)
        if entity in CHAIN_ENTITIES:
            rows = self._store.table("Enterprise").rows.values()
            opened = {row.data["ChainId"] for row in rows if row.key not in closed}
            closed = {row.data["ChainId"] for row in rows} - opened
        if not closed.isdisjoint(owners):
            raise revoked.refusal(operation)

    def enterprises(self, grant: Grant) -> list[str]:
        """Give the properties a token reaches."""
        known = [*self._store.table("Enterprise").rows]
        if grant.enterprise_ids is None:
            return known
        return [key for key in known if key in grant.enterprise_ids]

    def chains(self, grant: Grant) -> list[str]:
        """Give the chains of the properties a token reaches."""
        keys = self.enterprises(grant)
        return [
            *dict.fromkeys(
                self._store.get("Enterprise", key)["ChainId"] for key in keys
            )
        ]

    def owners(self, grant: Grant, entity: str) -> set[str]:
        """Give whose rows of an entity a token reaches."""
        by_chain = entity in CHAIN_ENTITIES
        if entity in GLOBAL:
            return {EVERYBODY}
        return set(self.chains(grant) if by_chain else self.enterprises(grant))

    def tokens(self) -> list[str]:
        """Give every token: none may appear outside of a body."""
        return [self.client_token, *self._grants]

    def _token(self) -> str:
        digits = f"{self._rng.getrandbits(252):063X}"
        return f"{digits[:32]}-{digits[32:]}"
