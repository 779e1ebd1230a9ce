"""Histories in which a tap that is almost right loses rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crashes.histories import History, play
from tests.crashes.mortal import FILES, AfterMessage, AtCall, AtPause, InFile
from tests.crashes.steps import (
    Choose,
    Configure,
    EndAt,
    Expire,
    Fail,
    Forget,
    Join,
    LiveOn,
    Meanwhile,
    Run,
    Step,
)
from tests.crashes.troubles import EXPIRES, Trouble

if TYPE_CHECKING:
    from tests.crashes.tally import Tally


def exports(*steps: Step) -> History:
    """Of a stream that is read in several windows of several files."""
    streams = ("order_items",)
    return History(streams, steps, start=10, window=4, rows_per_file=7)


def pages(*steps: Step) -> History:
    """Of streams that are read in several windows of several pages."""
    streams = ("companionships", "source_assignments")
    return History(streams, steps, days=45, settings=(("page_size", 7),))


LEDGER = History(("ledger_entries",), (), days=14)

HAZARDS = {
    "what is posted late comes with the lookback": LEDGER.ending(
        Run(), LiveOn(60), Run(), LiveOn(90), Run(), LiveOn(50)
    ),
    "today is not over when it has been read": LEDGER.ending(
        Run(), LiveOn(5), Run(AfterMessage(2)), LiveOn(9)
    ),
    "an export was added before a property joined": exports(
        Run(AtPause(1)), Join(), Run(AtPause(1))
    ),
    "an export was added before a chain joined": History(
        ("companies",), (Run(AtPause(1)), Join(new_chain=True), Run(AfterMessage(3)))
    ),
    "a property joins between the windows": exports(
        Run(AfterMessage(50)), Join(), Run(AfterMessage(20)), LiveOn(5), Run(InFile(2))
    ),
    "a property joins while an export is waited for": exports(
        Run(AfterMessage(70), meanwhile=(Meanwhile(4, Join()),)), LiveOn(20)
    ),
    "a second property joins while the first is read": exports(
        Run(), Join(), Run(AfterMessage(9)), Join(), Run(AfterMessage(30)), LiveOn(8)
    ),
    "a property leaves, lives on and comes back": exports(
        Run(), Choose((0,)), LiveOn(50), Run(), Choose(None), Run(AfterMessage(15))
    ),
    "a property leaves while it is joining": exports(
        Run(), Join(), Run(AfterMessage(9)), Choose((0,)), Run(), Choose(None)
    ),
    "a property joins while the end lies before the bookmark": exports(
        Run(), Join(), EndAt(5), Run(), LiveOn(30), EndAt(None), Run(AfterMessage(5))
    ),
    "an export expires between files, and the next one runs": exports(
        Run(faults=(Trouble(FILES, EXPIRES, 1),))
    ),
    "an export expires at its last file": exports(
        Run(AfterMessage(90), faults=(Trouble(FILES, EXPIRES, 4),)), LiveOn(7)
    ),
    "exports expire while a slow target reads": exports(
        Run(meanwhile=(Meanwhile(900, Expire()),), slow=60)
    ),
    "exports are forgotten while they are waited for": exports(
        Run(AtCall("exports/add", 3, done=True), meanwhile=(Meanwhile(3, Forget()),))
    ),
    "two exports were added and forgotten": exports(
        Run(InFile(2)), Forget(), Run(AfterMessage(30))
    ),
    "two exports were added and expired": exports(
        Run(InFile(2)), Expire(), LiveOn(20), Run(AfterMessage(30))
    ),
    "an export fails until it is cut": exports(Fail("order_items", 3), Run()),
    "an export of everything fails until it is cut": History(
        ("order_items",), (Fail("order_items", 2), Run(AfterMessage(40))), window=4
    ),
    "the answer to an add is lost again and again": exports(
        *(Run(AtCall("exports/add", 1, done=True)) for _ in range(4))
    ),
    "the end comes nearer while an export runs": exports(
        Run(AtPause(1)), EndAt(8), Run(), EndAt(None)
    ),
    "the windows change while an export runs": exports(
        Run(AtPause(1)), Configure("export_window_days", 1), Run(AfterMessage(30))
    ),
    "the target loses what it had not stored": exports(
        Run(AfterMessage(80), unstored=70), LiveOn(3), Run(AtPause(3), unstored=9)
    ),
    "a property joins between pages": pages(
        Run(AfterMessage(90)), Join(), LiveOn(9), Run(AfterMessage(30)), LiveOn(9)
    ),
    "a property leaves and comes back between pages": pages(
        Run(AfterMessage(99)), Choose((1,)), LiveOn(60), Run(), Choose(None)
    ),
    "the hotels live on while pages are read": pages(
        Run(AfterMessage(99), meanwhile=(Meanwhile(0, LiveOn(9)),)), LiveOn(30)
    ),
    "the way changes between windows": History(
        ("bills", "companies", "reservations"),
        (
            Configure("extraction", "pages"),
            Run(AfterMessage(60)),
            Configure("extraction", "exports"),
            Run(AtPause(1)),
            Configure("extraction", "pages"),
            Run(AfterMessage(9)),
            LiveOn(5),
            Configure("extraction", "auto"),
            Run(AfterMessage(30)),
        ),
        start=12,
        window=3,
        settings=(("page_size", 5),),
    ),
    "a property joins while others are read by pages": History(
        ("bills", "customers"),
        (Run(), Join(new_chain=True), LiveOn(9), Run(AfterMessage(20))),
    ),
    "windows of pages are cut by the end": pages(
        EndAt(20), Run(AfterMessage(50)), EndAt(None), Run(AfterMessage(70))
    ),
}


@pytest.mark.parametrize("name", HAZARDS)
def test_every_row_arrives_though(name: str, tally: Tally) -> None:
    play(HAZARDS[name], tally)
