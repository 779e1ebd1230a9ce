"""Which tokens list the parents that streams are read under.

A token that may not list them cannot read what is under them either. Another one that
reaches the same enterprises may: it lists them in its place, and reads what is under
them.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation
    from tap_mews.pages.allocation import Allocation, Shares
    from tap_mews.pages.portfolio import Portfolio

logger = logging.getLogger("tap-mews.pages")


class Listing:
    """What is read with each token under parents; settled once a run for each list."""

    def __init__(self, portfolio: Portfolio) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            portfolio: Tells what the tokens reach.
        """
        self._portfolio = portfolio
        self._lock = threading.Lock()
        # each list has its own, so that none waits for the answer to another one
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._settled: dict[tuple[str, str], Allocation] = {}

    def settle(self, allocation: Allocation, parents: Operation) -> Allocation:
        """Let other tokens read what is under parents that some may not list.

        What no token may list stays with the one that it was read with.

        Args:
            allocation: What is read with each token elsewhere.
            parents: Lists the parents.
        """
        # each token of a chain lists its parents anyhow
        if not allocation.is_of_many or parents.selector.is_of_chain:
            return allocation
        key = (parents.path, parents.rows)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._settled:
                if (above := parents.selector.parents) is not None:
                    allocation = self.settle(allocation, above)
                self._settled[key] = self._settle(allocation, parents)
            return self._settled[key]

    def _settle(self, allocation: Allocation, parents: Operation) -> Allocation:
        tried = defaultdict[str, set["Access"]](set)
        while shares := self._taken_over(allocation, parents, tried):
            allocation = allocation.shared_out(shares)
        return allocation

    def _taken_over(
        self,
        allocation: Allocation,
        parents: Operation,
        tried: dict[str, set[Access]],
    ) -> Shares:
        """What tokens read from now on, of those for which that changes.

        Args:
            allocation: What they have read so far.
            parents: Lists the parents.
            tried: By enterprise, the tokens that may not list its parents.
        """
        shares = {
            each: dict.fromkeys(allocation.enterprises_of(each) or ())
            for each in allocation.accesses
        }
        changed: dict[Access, None] = {}
        others: dict[str, dict[Access, None]] = {}
        for (access, ids), error in allocation.unlisted(parents).items():
            for key in ids or allocation.enterprises_of(access) or ():
                if not error.is_forbidden or key not in shares[access]:
                    continue
                tried[key].add(access)
                other = self._portfolio.another(key, tried[key])
                if other is None:
                    continue
                del shares[access][key]
                shares.setdefault(other, {})[key] = None
                changed |= {access: None, other: None}
                others.setdefault(error.text, {})[other] = None
        for refusal, accesses in others.items():
            names = ", ".join(sorted(each.name for each in accesses))
            logger.info("%s; reading it and what belongs to it with %s", refusal, names)
        return {access: tuple(sorted(shares[access])) for access in changed}
