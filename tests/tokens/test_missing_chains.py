"""A property without ChainId: what belongs to its chain comes or is told of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.pages_harness import (
    BEFORE_ALL,
    ENTERPRISES,
    History,
    Spoiled,
    rows_of,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from tests.harness import Json, Result

STREAMS = ("customers", "companies", "loyalty_tiers", "custom_titles")
"""Of each kind: exported as well, under a list of the chain, and whole."""

MISSING = "enterprises/getAll returned no ChainId for "

EXTRACTION = pytest.mark.parametrize("extraction", ["auto", "pages", "exports"])


@pytest.fixture
def hotels(group: Sandbox) -> Iterator[list[str]]:
    """A hotel of each chain; a portfolio token may be refused what it asks for."""
    yield group.enterprise_ids[:2]
    group.journal.clear()


def hide_chains(group: Sandbox, hotels: list[str], chain: str | None = None) -> None:
    """Let Mews name no chain of some properties."""

    def hide(body: Json) -> None:
        for row in rows_of(body):
            if row["Id"] in hotels:
                row["ChainId"] = chain

    group.faults.clear()
    group.faults.add(ENTERPRISES, Spoiled(hide), times=None)


def later(group: Sandbox) -> None:
    """Let a day pass."""
    group.live_on(timedelta(days=1))
    settle(group)


def begin(group: Sandbox, **settings: object) -> History:
    """A pipeline that has not run yet."""
    begins = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    return History(group, STREAMS, {**begins, **settings})


def missing(history: History, hotels: list[str]) -> dict[str, int]:
    """By stream, how many rows of the chains of some properties did not come."""
    counted = {
        stream: sum(
            history.rows[stream].get(key) != row
            for key, row in truth(history.sandbox, stream, hotels).items()
        )
        for stream in STREAMS
    }
    return {stream: count for stream, count in counted.items() if count}


def warnings(result: Result) -> list[str]:
    """The warnings that tell of a missing chain."""
    return [
        each for each in result.logs if each.startswith("WARNING") and MISSING in each
    ]


@EXTRACTION
@pytest.mark.parametrize("chain", [None, "", " "])
def test_a_token_of_one_property_is_asked_for_all_that_it_reaches(
    group: Sandbox, hotels: list[str], extraction: str, chain: str | None
) -> None:
    one = hotels[:1]
    hide_chains(group, one, chain)
    token = group.access.single_property(*one)
    history = begin(group, access_token=token, extraction=extraction)
    for _ in range(2):
        result = history.run()
        assert missing(history, one) == {}
        (name,) = (each["Name"] for each in group.rows("Enterprise", one))
        told = warnings(result)
        assert len(told) == len(STREAMS) - 1  # tiers are not asked for by chain
        assert all(name in each for each in told)
        later(group)


@EXTRACTION
def test_no_row_is_lost_where_the_chain_is_missing_for_a_while(
    group: Sandbox, hotels: list[str], extraction: str
) -> None:
    one = hotels[:1]
    token = group.access.single_property(*one)
    history = begin(group, access_token=token, extraction=extraction)
    history.run()
    for hidden in (one, one, []):
        later(group)
        hide_chains(group, hidden)
        history.run()
        assert missing(history, one) == {}


@EXTRACTION
@pytest.mark.parametrize("hidden", [1, 2])
def test_several_tokens_are_asked_for_all_that_they_reach(
    group: Sandbox, hotels: list[str], extraction: str, hidden: int
) -> None:
    hide_chains(group, hotels[:hidden])
    tokens = {
        name: group.access.single_property(each)
        for name, each in zip(("A", "B"), hotels, strict=True)
    }
    history = begin(group, access_token=None, access_tokens=tokens)
    for _ in range(2):
        history.run(extraction=extraction)
        assert missing(history, hotels) == {}
        later(group)


def test_a_property_that_joins_without_a_chain_gets_its_history(
    group: Sandbox, hotels: list[str]
) -> None:
    hide_chains(group, hotels[1:])
    tokens = {"A": group.access.single_property(hotels[0])}
    history = begin(group, access_token=None, access_tokens=tokens)
    history.run()
    tokens["B"] = group.access.single_property(hotels[1])
    history.run()
    assert missing(history, hotels) == {}


def test_a_portfolio_token_is_refused_the_property_alone_which_stays_behind(
    group: Sandbox, hotels: list[str]
) -> None:
    hide_chains(group, hotels[:1])
    token = group.access.grant(hotels)
    history = begin(group, access_token=token, extraction="pages")
    for _ in range(2):
        result = history.failing()
        (name,) = (each["Name"] for each in group.rows("Enterprise", hotels[:1]))
        assert str(result.error).startswith(f"Not read: {name} (customers); the rest")
        (told,) = [each for each in result.logs if "skipped in this run" in each]
        assert "set chain_ids" in told
        assert missing(history, hotels[1:]) == {}
        assert missing(history, hotels).keys() == {"customers"}
        (behind,) = history.bookmark("customers")["joining"]
        assert "replication_key_value" not in behind
        later(group)
    group.faults.clear()
    history.run()
    assert missing(history, hotels) == {}


@pytest.mark.parametrize("hidden", [1, 2])
def test_the_setting_names_the_chains_that_a_portfolio_token_must_be_told(
    group: Sandbox, hotels: list[str], hidden: int
) -> None:
    hide_chains(group, hotels[:hidden])
    token = group.access.grant(hotels)
    history = begin(group, access_token=token, extraction="pages")
    error = str(history.failing().error)
    assert ("set chain_ids" in error) is (hidden == 2)  # nothing else is to be read
    result = history.run(chain_ids=group.chain_ids)
    assert missing(history, hotels) == {}
    assert warnings(result) == []


def test_of_several_tokens_that_without_a_chain_reads_what_only_the_setting_names(
    group: Sandbox, hotels: list[str]
) -> None:
    hide_chains(group, hotels[:1])
    tokens = [group.access.single_property(each) for each in hotels]
    history = begin(group, access_token=None, access_tokens=tokens)
    result = history.run(chain_ids=group.chain_ids, extraction="pages")
    assert missing(history, hotels) == {}
    assert all(each.endswith("; reading only chain_ids") for each in warnings(result))


def test_an_export_of_a_portfolio_has_the_chain(
    group: Sandbox, hotels: list[str]
) -> None:
    hide_chains(group, hotels[:1])
    token = group.access.grant(hotels)
    history = begin(group, access_token=token, extraction="exports")
    for _ in range(2):
        history.run()
        assert missing(history, hotels) == {}
        later(group)
