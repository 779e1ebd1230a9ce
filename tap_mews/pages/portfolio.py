"""All that the access tokens of a run reach, and by which of them each part is read.

An enterprise that several tokens reach is read by one of them: the one that reaches
most, so that a portfolio takes few requests. What belongs to a chain is read by each
token of the chain, since Mews does not promise that all of them see the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_mews.api.operations import GLOBAL, NO_SELECTOR
from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    RefusedError,
    UnauthorizedError,
)
from tap_mews.identifiers import is_unnamed, unnamed_chain
from tap_mews.pages.allocation import Allocation, chains_of, chosen
from tap_mews.pages.enterprises import ENTERPRISES
from tap_mews.pages.lookups import Lookups, ask_each
from tap_mews.wording import abbreviated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Selector
    from tap_mews.identifiers import Ids
    from tap_mews.pages.allocation import Shares
    from tap_mews.pages.batches import Batch
    from tap_mews.pages.enterprises import Enterprise

_Listed = tuple[tuple["Access", ...], "tuple[Enterprise, ...] | None"]
"""The tokens that are needed, and what they reach together, where that is known."""

logger = logging.getLogger("tap-mews.pages")


class Portfolio:
    """The enterprises that the tokens of a run reach, shared out among them.

    Attributes:
        unusable_tokens: The tokens that cannot be used, and why; see `list`.
    """

    def __init__(
        self,
        lookups: Sequence[Lookups],
        *,
        enterprise_ids: Ids,
        chain_ids: Ids,
        reads_chains_once: bool,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            lookups: The lists of each token.
            enterprise_ids: The setting; it selects from what is listed.
            chain_ids: The setting; it selects from what is listed.
            reads_chains_once: Whether one token is enough for a chain.
        """
        self._lookups = {each.access: each for each in lookups}
        self._enterprise_ids = enterprise_ids
        self._chain_ids = chain_ids
        self._reads_chains_once = reads_chains_once
        self._is_of_many = len(self._lookups) > 1
        self._found: dict[Access, tuple[Enterprise, ...]] = {}
        self._for_chains: Shares = {}
        self.unusable_tokens: dict[Access, MewsError] = {}
        self._is_unlisted = False

    def list(self) -> Allocation:
        """List the enterprises, and settle which token reads which of them.

        Of several tokens, those that cannot be used are in `unusable_tokens` then.

        Raises:
            InvalidSettingsError: No token reaches all that the settings name.
            MewsError: No token can be used.
        """
        if self._is_of_many:
            accesses, listed = self._list_with_many()
        else:
            accesses, listed = self._list_with_one()
        ids, chain_ids = self._enterprise_ids, self._chain_ids
        if listed is not None:
            self._check_settings(listed)
            ids = chosen(ids, {each.id for each in listed})
            chains = (*chains_of(listed), *self._unlisted_chains(listed))
            chain_ids = chosen(chain_ids, chains)
        return Allocation(
            self._lookups,
            accesses,
            listed,
            ids,
            chain_ids,
            is_of_many=self._is_of_many,
            for_chains=self._for_chains,
        )

    def _list_with_one(self) -> _Listed:
        ((access, lookups),) = self._lookups.items()
        try:
            listed = lookups.enterprises()
        except (UnauthorizedError, RefusedError) as error:
            # some tokens of a single enterprise may not list it
            own = lookups.own_enterprise()
            if own is None:
                self._is_unlisted = True
                logger.warning(
                    "The properties cannot be listed: %s; if the token is replaced by "
                    "that of another property, remove the streams from the state to "
                    "read its history",
                    error,
                )
                return (access,), None
            logger.info("The properties cannot be listed, only one is read: %s", error)
            listed = (own,)
        self._found[access] = listed
        lookups.chain_ids = self._chain_ids or chains_of(listed)
        return (access,), listed

    def _list_with_many(self) -> _Listed:
        results = ask_each(Lookups.enterprises_or_own, self._lookups.values())
        for access, result in results.items():
            if isinstance(result, MewsError):
                text = f"{access.name}: {result.text}"
                self.unusable_tokens[access] = result.reworded(text)
            else:
                self._found[access] = result
        if not self._found:
            error = next(iter(self.unusable_tokens.values()))
            count = len(self.unusable_tokens)
            text = f"none of the {count} access tokens works; {error}"
            raise error.reworded(text)
        return self._share_out()

    def _share_out(self) -> _Listed:
        """Settle what is read with each token."""
        found = self._found
        accesses: list[Access] = []
        owned: dict[str, Enterprise] = {}
        chains_read: set[str] = set()
        unlisted = self._unlisted_chains(each for own in found.values() for each in own)
        # the order of the settings must not matter, nor which answer came first
        for access in sorted(found, key=lambda each: (-len(found[each]), each.name)):
            own = [each for each in found[access] if each.id not in owned]
            chains = chains_of(found[access])
            if any(map(is_unnamed, chains)):
                chains += unlisted
            chain_ids = tuple(
                chain
                for chain in chosen(self._chain_ids, chains)
                if not (self._reads_chains_once and chain in chains_read)
            )
            if not own and not chain_ids:
                continue  # others read all that it reaches
            if not own:
                self._for_chains[access] = self._marks_of(access)
            accesses.append(access)
            owned |= {each.id: each for each in own}
            lookups, only = self._lookups[access], self._enterprise_ids
            lookups.enterprise_ids = tuple(
                sorted(each.id for each in own if only is None or each.id in only)
            )
            lookups.is_narrowed = only is not None or len(own) < len(found[access])
            lookups.chain_ids = chain_ids
            chains_read.update(chain_ids)
        return tuple(accesses), tuple(owned.values())

    def _marks_of(self, access: Access) -> tuple[str, ...]:
        """What tells the exports of a token from those of others of its chains.

        That is what it reaches, with a number: others can reach the same.
        """
        reached = tuple(sorted(self.reached_by(access)))
        others = [marks for *marks, _ in self._for_chains.values()]
        return (*reached, str(others.count([*reached])))

    def _unlisted_chains(self, listed: Iterable[Enterprise]) -> tuple[str, ...]:
        """The chains of the setting that may be those that Mews does not name."""
        chains = chains_of(listed)
        if not any(map(is_unnamed, chains)):
            return ()
        return tuple(key for key in self._chain_ids or () if key not in chains)

    def _check_settings(self, listed: Collection[Enterprise]) -> None:
        """Refuse settings that name what no token reaches.

        Mews gives no rows of it and no error, so that a misspelt identifier would pass
        for an enterprise in which nothing happens.

        Raises:
            InvalidSettingsError: Names it.
        """
        if self.unusable_tokens:
            return  # a token in trouble may reach it
        ids = {each.id for each in listed}
        chains = chains_of(listed)
        _check_reached("enterprise_ids", self._enterprise_ids, ids)
        if not any(map(is_unnamed, chains)):
            _check_reached("chain_ids", self._chain_ids, chains)

    def hint_for(self, refusal: RefusedError) -> str:
        """What to set where Mews must be told identifiers that cannot be listed.

        Returns:
            The end of a message; empty where no setting helps.
        """
        is_about_chains = "ChainIds" in refusal.reason and not self._chain_ids
        if is_about_chains and self.without_chain:
            names = self.names_of(self.without_chain)
            text = f"{ENTERPRISES.path} returned no ChainId for {names}"
            return f"; {text}: set chain_ids"
        settings = {"ChainIds": self._chain_ids, "EnterpriseIds": self._enterprise_ids}
        for parameter, setting in settings.items():
            if self._is_unlisted and not setting and parameter in refusal.reason:
                name = parameter.replace("Ids", "_ids").lower()
                return (
                    "; Mews requires them, and the properties of the access token "
                    f"cannot be listed ({ENTERPRISES.path} is refused): set {name}"
                )
        return ""

    @property
    def lacks_tokens(self) -> bool:
        """Whether chains must wait for tokens that cannot be used."""
        return bool(self.unusable_tokens) and not self._reads_chains_once

    @property
    def without_chain(self) -> tuple[str, ...]:
        """The enterprises of which Mews does not name the chain."""
        listed = (each for own in self._found.values() for each in own)
        without = {each.id for each in listed if is_unnamed(each.chain_id)}
        return tuple(sorted(without))

    def names_of(self, ids: Iterable[str]) -> str:
        """Words for enterprises, by their names; what is none keeps its identifier.

        What has not been listed is not asked for to find words.
        """
        names = {
            key: each.name
            for listed in self._found.values()
            for each in listed
            for key in (each.id, unnamed_chain(each.id))
            if each.name
        }
        return abbreviated([names.get(key, key) for key in ids])

    def reached_by(self, access: Access) -> set[str]:
        """The enterprises that a token reaches, whatever the settings name."""
        return {each.id for each in self._found.get(access, ())}

    @property
    def list_refusals(self) -> dict[Access, MewsError]:
        """Why some tokens cannot list what they reach; one enterprise of each is known.

        They may reach more.
        """
        return {
            access: lookups.list_refusal
            for access, lookups in self._lookups.items()
            if lookups.list_refusal is not None
        }

    def another(self, enterprise_id: str, tried: Collection[Access]) -> Access | None:
        """A token that reaches an enterprise; None if there are only those tried."""
        reaching = (
            each for each in self._found if enterprise_id in self.reached_by(each)
        )
        return next((each for each in reaching if each not in tried), None)

    def are_all_read(self, selector: Selector) -> bool:
        """Whether each token of a chain reads it."""
        is_of_chain = selector.of == "chain" and selector.parents is None
        return is_of_chain and self._is_of_many and not self._reads_chains_once

    def enterprises_of(self, access: Access) -> tuple[str, ...]:
        """What is read with a token, or could be with one that is not needed."""
        own, only = self._lookups[access].enterprise_ids, self._enterprise_ids
        listed = sorted(each.id for each in self._found.get(access, ()))
        reached = [key for key in listed if only is None or key in only]
        return tuple(reached if own is None else [k for k in own if k in reached])

    def others(
        self, batch: Batch, selector: Selector, tried: Collection[Access]
    ) -> Shares:
        """The tokens with which a batch can be read that one token cannot read.

        Args:
            batch: What cannot be read.
            selector: Of its operation.
            tried: The tokens that cannot read it.
        """
        if selector in (NO_SELECTOR, GLOBAL) or not self._is_of_many:
            return {}
        is_of_chain = selector.of == "chain"
        if is_of_chain and not self._reads_chains_once:
            return {}  # each token of a chain reads it anyhow
        lookups = self._lookups[batch.access]
        own = lookups.chain_ids if is_of_chain else lookups.enterprise_ids
        left = set(own or ())
        if selector.parents is None and batch.ids is not None:
            left &= set(batch.ids)
        shares: Shares = {}
        for access, listed in self._found.items():
            reached = {each.chain_id if is_of_chain else each.id for each in listed}
            if access not in tried and (ids := left & reached):
                shares[access] = tuple(sorted(ids))
                left -= ids
        return shares


def _check_reached(setting: str, named: Ids, reached: Collection[str | None]) -> None:
    others = [key for key in named or () if key not in reached]
    if others:
        msg = f"{setting}: the access token has no access to {abbreviated(others)}"
        raise InvalidSettingsError(msg)
