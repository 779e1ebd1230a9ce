"""What may pass is tried again; what does not pass is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from sandbox.faults import (
    Cut,
    EmptyBody,
    HtmlBody,
    NotJson,
    Reset,
    Stall,
    Status,
    Truncated,
)
from tap_mews.errors import MewsError, RefusedError, UnauthorizedError, UnavailableError
from tests.harness import FastClock, select, sync
from tests.pages_harness import (
    ENTERPRISES,
    PAGE_ENTITIES,
    client_of,
    latest,
    settle,
    truth,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.faults import Fault
    from tap_mews.api.client import MewsClient

JSON = msgspec.json.Decoder()
ONE_PAGE = {"Limitation": {"Count": 10, "Cursor": None}}


def ask(client: MewsClient) -> object:
    """Make one call."""
    return client.call(ENTERPRISES, ONE_PAGE, JSON)


TRANSIENT: dict[str, Fault] = {
    "500": Status(500),
    "500 as HTML": HtmlBody(500),
    "502": Status(502),
    "503": Status(503),
    "504": Status(504),
    "525": Status(525),
    "408 of a call that cannot shrink": Status(408),
    "reset": Reset(),
    "empty body": EmptyBody(),
    "half a body": Truncated(),
    "no JSON": NotJson(),
    "cut short": Cut(20, "close"),
    "reset within": Cut(20),
}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_what_may_pass_is_tried_again(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.add(ENTERPRISES, fault, times=3)
    ask(client_of(sandbox))
    assert len(sandbox.journal.requests(ENTERPRISES)) == 4


def test_a_call_that_gets_no_answer_in_time_is_tried_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_mews.api.transport.TIMEOUT", (0.1, 0.1))
    sandbox.faults.add(ENTERPRISES, Stall(5))
    ask(client_of(sandbox))
    assert len(sandbox.journal.requests(ENTERPRISES)) == 2


def test_trouble_that_stays_ends_with_an_error(sandbox: Sandbox) -> None:
    sandbox.faults.add(ENTERPRISES, Status(503), times=None)
    with pytest.raises(UnavailableError, match="503"):
        ask(client_of(sandbox))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RefusedError),
        (401, UnauthorizedError),
        (403, RefusedError),
        (404, RefusedError),
    ],
)
def test_what_stays_refused_is_not_tried_again(
    sandbox: Sandbox, status: int, error: type[MewsError]
) -> None:
    sandbox.faults.add(ENTERPRISES, Status(status), times=None)
    with pytest.raises(error, match=str(status)):
        ask(client_of(sandbox))
    assert len(sandbox.journal.requests(ENTERPRISES)) == 1


def test_a_run_under_many_faults_is_complete(sandbox: Sandbox) -> None:
    settle(sandbox)
    sandbox.faults.mix(rate=0.3, seed=5, faults=tuple(TRANSIENT.values()))
    config = sandbox.config(page_size=20)
    clock = FastClock(sandbox)
    result = sync(config, catalog=select(*PAGE_ENTITIES), clock=clock).ok()
    for stream in PAGE_ENTITIES:
        assert latest(result.records[stream]) == truth(sandbox, stream)
