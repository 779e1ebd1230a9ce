"""Several tokens read side by side: each has a rate of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_mews.api.access import Access
from tap_mews.api.operations import ONE_ENTERPRISE
from tap_mews.pages.allocation import Allocation
from tap_mews.pages.batches import batches_of
from tap_mews.pages.lookups import Lookups
from tap_mews.reading.reader import Slice
from tests.harness import FastClock
from tests.pages_harness import client_of

if TYPE_CHECKING:
    from sandbox import Sandbox


def test_the_reads_of_tokens_take_turns(group: Sandbox) -> None:
    clock, client = FastClock(group), client_of(group)
    of = {"A": ("1", "2", "3"), "B": ("4",), "C": ("5", "6")}
    lookups = {}
    for name, ids in of.items():
        access = Access(name, name, clock)
        lookups[access] = Lookups(client, access, 10, ids, ())
    all_ids = tuple(key for ids in of.values() for key in ids)
    allocation = Allocation(lookups, tuple(lookups), None, all_ids, (), is_of_many=True)
    due = Slice(None, clock.now(), all_ids, ids=all_ids)
    asked = [each.ids for each in batches_of(allocation, ONE_ENTERPRISE, due)]
    assert asked == [("1",), ("4",), ("5",), ("2",), ("6",), ("3",)]
