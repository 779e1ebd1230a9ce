"""The enterprises, chains and parents that a stream is read of, and by which tokens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from tap_mews.api.operations import GLOBAL, NO_SELECTOR
from tap_mews.errors import MewsError, RefusedError, UnauthorizedError
from tap_mews.pages.enterprises import FOUNDED, Enterprise
from tap_mews.pages.lookups import Lookups, ask_each

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation, Selector
    from tap_mews.identifiers import Ids
    from tap_mews.records.rows import Rows

T = TypeVar("T")

Shares = dict["Access", tuple[str, ...]]
"""By token, the enterprises or chains that are read with it."""

_Parents = dict[tuple[str, str], dict["Access", "Ids | MewsError"]]
"""By the path and rows of an operation: what each token lists, or why it does not."""


@dataclass(frozen=True)
class Allocation:
    """What some tokens reach, and what is read with each of them.

    Attributes:
        lookups: The lists of each token, also of those that are not needed.
        accesses: The tokens by which something is read.
        listed: The enterprises, or None if unknown.
        enterprise_ids: Of the enterprises to read, or None if unknown.
        chain_ids: Of the chains to read, or None if unknown.
        is_of_many: Whether each token has a share; a single one has all.
        for_chains: Of the tokens that are there for their chains alone, since others
            read all of their enterprises, what tells their exports from each other.
        part_size: Enterprises, chains or parents in a part that can be refused while
            others are allowed; None if all of a token are asked for together.
    """

    lookups: Mapping[Access, Lookups]
    accesses: tuple[Access, ...]
    listed: tuple[Enterprise, ...] | None
    enterprise_ids: Ids
    chain_ids: Ids
    is_of_many: bool
    for_chains: Shares = field(default_factory=dict)
    part_size: int | None = None
    _parents: _Parents = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def narrowed(self, shares: Shares, selector: Selector) -> Allocation:
        """What some tokens reach of some enterprises or chains.

        Args:
            shares: What is read with each of the tokens.
            selector: Of the operation that is read.
        """
        is_of_chain = selector.of == "chain"
        lookups = {
            access: self.lookups[access].narrowed(
                self.enterprises_of(access) if is_of_chain else ids,
                ids if is_of_chain else self._chains_of(ids),
            )
            for access, ids in shares.items()
        }
        wanted = {key for ids in shares.values() for key in ids}
        listed = tuple(
            each
            for each in self.listed or ()
            if (each.chain_id if is_of_chain else each.id) in wanted
        )
        return Allocation(
            lookups,
            tuple(lookups),
            listed,
            chosen(self.enterprise_ids, {each.id for each in listed}),
            chosen(self.chain_ids, chains_of(listed)),
            is_of_many=True,
            for_chains={
                access: marks
                for access, marks in self.for_chains.items()
                if is_of_chain and access in shares
            },
        )

    def shared_out(self, shares: Shares) -> Allocation:
        """The same, of which some tokens read other enterprises than before.

        Args:
            shares: What is read with each of these tokens, which may be nothing.
        """
        lookups = {
            access: self.lookups[access].narrowed(ids, self._chains_of(ids))
            for access, ids in shares.items()
        }
        accesses = dict.fromkeys((*self.accesses, *shares))
        return replace(
            self,
            lookups={**self.lookups, **lookups},
            accesses=tuple(each for each in accesses if shares.get(each) != ()),
            for_chains={
                access: marks
                for access, marks in self.for_chains.items()
                if not shares.get(access)
            },
            _parents={},
        )

    def _chains_of(self, ids: Collection[str]) -> Ids:
        """Of the chains to read, those of some enterprises."""
        if self.listed is None:
            return self.chain_ids
        own = chains_of(each for each in self.listed if each.id in ids)
        return chosen(self.chain_ids, own)

    def split(self, size: int) -> Allocation:
        """The same, of which a part can be refused while others are allowed.

        Args:
            size: Enterprises, chains or parents in a part.
        """
        return replace(self, part_size=size)

    @property
    def editable_history(self) -> timedelta:
        """The longest time in which an enterprise may change its books afterwards."""
        known = (found.editable_history for found in self.listed or ())
        return max(known, default=timedelta(0))

    def beginning(self, ids: Iterable[str] | None = None) -> datetime:
        """When the oldest of some enterprises was created.

        Args:
            ids: Enterprises or chains to look at; all that are listed if None.

        Returns:
            The earliest `CreatedUtc`, or `FOUNDED` where it is not known of all or
            earlier than that, as a default date can be.
        """
        wanted = None if ids is None else set(ids)
        created = (
            found.created
            for found in self.listed or ()
            if wanted is None or not wanted.isdisjoint({found.id, found.chain_id})
        )
        return _earliest(each or FOUNDED for each in created)

    def oldest_known(self) -> datetime:
        """When the oldest of the enterprises was created that have a `CreatedUtc`."""
        created = (found.created for found in self.listed or ())
        return _earliest(each for each in created if each is not None)

    def accesses_for(self, selector: Selector) -> tuple[Access, ...]:
        """The tokens by which an operation is read.

        Args:
            selector: Of the operation.
        """
        if selector.is_of_chain:
            return self.accesses
        return tuple(each for each in self.accesses if each not in self.for_chains)

    def marks_of(self, access: Access) -> Ids:
        """What tells the exports of a token from those of other tokens of a chain."""
        return self.for_chains.get(access, self.enterprises_of(access))

    def enterprises_of(self, access: Access) -> Ids:
        """Identifiers of the enterprises that are read by a token."""
        return self.lookups[access].enterprise_ids

    def own(self, access: Access, selector: Selector) -> Ids:
        """Whom a token is there for; None if unknown, or it does not matter."""
        if selector in (NO_SELECTOR, GLOBAL):
            return None
        if selector.parents is not None:
            return self.ids(selector.parents, access)
        of = self.lookups[access] if self.is_of_many else self
        return of.chain_ids if selector.of == "chain" else of.enterprise_ids

    def ids(self, operation: Operation, access: Access | None = None) -> Ids:
        """The identifiers of the rows that an operation lists, in a fixed order.

        Args:
            operation: What lists them.
            access: Of one token alone; None for all that can be listed.

        Raises:
            MewsError: None can be listed.
        """
        found = self._listed_parents(operation)
        if access is not None:
            ids = found.get(access, ())
            return () if isinstance(ids, MewsError) else ids
        lists = [each for each in found.values() if isinstance(each, tuple)]
        if found and not lists:
            raise next(each for each in found.values() if isinstance(each, MewsError))
        return tuple(sorted({key for each in lists for key in each}))

    def objects(self, operation: Operation, row: type[T]) -> Iterator[T]:
        """What is needed of the rows that an operation lists, of all tokens.

        Args:
            operation: What lists them.
            row: What to make of a row, as `Lookups.objects`.

        Raises:
            MewsError: None can be listed.
        """
        _ = self.ids(operation)
        for access, ids in self._listed_parents(operation).items():
            if not isinstance(ids, MewsError):
                yield from self.lookups[access].objects(operation, row)

    def unlisted(self, operation: Operation) -> dict[tuple[Access, Ids], MewsError]:
        """Whose rows of an operation cannot be listed, and why.

        That is some of the enterprises or chains of a token, or, with None, all.
        """
        found: dict[tuple[Access, Ids], MewsError] = {}
        for access, ids in self._listed_parents(operation).items():
            if isinstance(ids, MewsError):
                found[access, None] = ids
                continue
            for each in self.lookups[access].refusals(operation):
                found[access, each.ids] = each.error
        return found

    def owned(
        self, operation: Operation, access: Access, enterprises: Collection[str]
    ) -> tuple[str, ...]:
        """The identifiers of the rows of some enterprises, and of those that name none.

        Args:
            operation: Lists the rows.
            access: The token.
            enterprises: Whose rows.

        Raises:
            MewsError: As `Lookups.rows`.
        """
        wanted = set(enterprises)
        owners = self.lookups[access].owners(operation).items()
        return tuple(sorted(k for k, of in owners if of == k or of in wanted))

    def refused(
        self, operation: Operation, accesses: Iterable[Access]
    ) -> dict[Access, dict[str, MewsError]]:
        """What is refused of a list to tokens that may read the rest, and why.

        Args:
            operation: Lists the rows.
            accesses: The tokens.

        Returns:
            By token, the enterprises or chains; of a token that cannot read anything of
            the list, nothing is known.
        """
        of = [self.lookups[each] for each in accesses]
        refusals = ask_each(lambda each: each.refusals(operation), of)
        return {
            access: {key: each.error for each in found for key in each.ids}
            for access, found in refusals.items()
            if not isinstance(found, MewsError)
        }

    def owners(self, selector: Selector, access: Access, ids: Ids) -> Ids:
        """The enterprises of what is read with a token, where that is parents.

        Args:
            selector: Of the operation that is read.
            access: The token.
            ids: What is read.
        """
        if selector.parents is None or not ids:
            return ids
        try:
            owners = self.lookups[access].owners(selector.parents)
        except MewsError:
            return ids
        return tuple(dict.fromkeys(owners.get(key, key) for key in ids))

    def _listed_parents(self, operation: Operation) -> dict[Access, Ids | MewsError]:
        key = (operation.path, operation.rows)
        with self._lock:
            known = self._parents.get(key)
        if known is None:
            # streams that need the same list wait for each other in `Lookups`
            above = operation.selector.parents
            listed = {} if above is None else self._listed_parents(above)
            failed = {k: v for k, v in listed.items() if isinstance(v, MewsError)}
            of = [
                self.lookups[each]
                for each in self.accesses_for(operation.selector)
                if each not in failed and self.own(each, operation.selector) != ()
            ]
            if self.is_of_many:
                known = ask_each(lambda each: each.ids(operation), of)
            else:
                known = {each.access: each.ids(operation) for each in of}
            known = {**failed, **known}
            with self._lock:
                self._parents[key] = known
        return known

    def rows(self, operation: Operation, access: Access) -> list[Rows]:
        """The rows of a list, of what is read by a token.

        Raises:
            MewsError: As `Lookups.rows`.
        """
        if operation.selector is not GLOBAL:
            return self.lookups[access].rows(operation)
        *others, last = self.accesses_for(GLOBAL)
        for each in others:
            # each of them gives the same
            try:
                return self.lookups[each].rows(operation)
            except (UnauthorizedError, RefusedError):
                continue
        return self.lookups[last].rows(operation)


def _earliest(created: Iterable[datetime]) -> datetime:
    return max(FOUNDED, min(created, default=FOUNDED))


def chosen(setting: Ids, listed: Collection[str]) -> tuple[str, ...]:
    """What a setting names of what is listed; all of that without one."""
    if setting is None:
        return tuple(sorted(listed))
    # what only a token in trouble reaches is not there to be read
    return tuple(key for key in setting if key in listed)


def chains_of(listed: Iterable[Enterprise]) -> tuple[str, ...]:
    """Identifiers of the chains that enterprises belong to."""
    return tuple(sorted({found.chain_id for found in listed}))
