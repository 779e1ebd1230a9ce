"""Faults happen to the calls they are meant for, and leave no other trace."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.faults import (
    EmptyBody,
    Fault,
    HtmlBody,
    LostAnswer,
    MissingRows,
    NoId,
    NotJson,
    Reset,
    SameCursor,
    Stall,
    Status,
    TooMany,
    Truncated,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.limits import RetryAfter
    from tests.sandbox.api import Api

STAYS = "reservations/getAll/2023-06-06"
PAGE = {"Limitation": {"Count": 5}}
FORMS: list[RetryAfter | None] = ["seconds", "date", None]


@pytest.mark.parametrize("status", [400, 401, 403, 408, 409, 413, 500, 502, 503, 525])
def test_any_status_can_come_once(sandbox: Sandbox, api: Api, status: int) -> None:
    sandbox.faults.add(STAYS, Status(status, "No luck."))
    assert api.refused(STAYS, PAGE) == (status, "No luck.")
    assert api.post(STAYS, PAGE).status_code == 200
    (entry, _) = sandbox.journal.requests(STAYS)
    assert (entry.status, entry.breach) == (status, None)
    assert str(entry.fault).startswith(f"Status(status={status}")


def test_statuses_can_carry_headers(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, Status(307, headers={"Location": "http://127.0.0.1:9/"}))
    url = f"{sandbox.url}/api/connector/v1/{STAYS}"
    body = {**api.envelope, **PAGE}
    answer = requests.post(url, json=body, allow_redirects=False, timeout=60)
    assert answer.headers["Location"] == "http://127.0.0.1:9/"


def test_429_says_when_in_each_of_its_forms(sandbox: Sandbox, api: Api) -> None:
    for form in FORMS:
        sandbox.faults.add(STAYS, TooMany(form, seconds=7))
    seconds, date, nothing = (api.post(STAYS, PAGE) for _ in range(3))
    assert {each.status_code for each in (seconds, date, nothing)} == {429}
    assert seconds.headers["Retry-After"] == "7"
    due = parsedate_to_datetime(date.headers["Retry-After"])
    wait = due - parsedate_to_datetime(date.headers["Date"])
    assert 7 <= wait.total_seconds() <= 9
    assert "Retry-After" not in nothing.headers


@pytest.mark.parametrize(
    ("fault", "part"),
    [(HtmlBody(500), "<html>"), (NotJson(), "<!doctype"), (EmptyBody(), "")],
)
def test_bodies_can_be_no_json(
    sandbox: Sandbox, api: Api, fault: Fault, part: str
) -> None:
    sandbox.faults.add(STAYS, fault)
    response = api.post(STAYS, PAGE)
    assert response.text.startswith(part)
    with pytest.raises(ValueError, match="Expecting value"):
        response.json()


def test_json_can_be_truncated(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, Truncated())
    response = api.post(STAYS, PAGE)
    assert response.text.startswith('{"Reservations"')
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        response.json()


def test_rows_or_their_ids_can_be_missing(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, MissingRows())
    sandbox.faults.add(STAYS, NoId())
    assert [*api.ask(STAYS, PAGE)] == ["Cursor"]
    *rows, last = api.ask(STAYS, PAGE)["Reservations"]
    assert all("Id" in row for row in rows)
    assert "Id" not in last


def test_a_cursor_can_repeat_for_ever(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, SameCursor(), times=None)
    first = api.ask(STAYS, PAGE)["Cursor"]
    for _ in range(3):
        page = {"Limitation": {"Count": 5, "Cursor": first}}
        answer = api.ask(STAYS, page)
        assert (len(answer["Reservations"]), answer["Cursor"]) == (5, first)


def test_a_reset_prevents_and_a_lost_answer_does_not(
    sandbox: Sandbox, api: Api
) -> None:
    for fault, jobs in ((Reset(), 0), (LostAnswer(), 1)):
        sandbox.faults.add("exports/add", fault)
        with pytest.raises(requests.ConnectionError):
            api.add("Bill")
        assert len(sandbox.exports.jobs) == jobs
    assert [each.status for each in sandbox.journal.requests()] == [0, 0]


def test_an_answer_can_stall(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, Stall(0.1))
    assert api.post(STAYS, PAGE).elapsed.total_seconds() >= 0.1


def test_a_stalled_answer_does_not_keep_the_sandbox_open(
    sandbox: Sandbox, api: Api
) -> None:
    sandbox.faults.add(STAYS, Stall(30))
    url = f"{sandbox.url}/api/connector/v1/{STAYS}"
    with pytest.raises(requests.exceptions.Timeout):
        requests.post(url, json={**api.envelope, **PAGE}, timeout=0.1)
    started = time.monotonic()
    sandbox.__exit__(None, None, None)
    assert time.monotonic() - started < 1


def test_faults_happen_so_often_after_so_many_calls(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, Status(503), times=2, after=1)
    sandbox.faults.add("*", Status(502), after=4)
    codes = [api.post(STAYS, PAGE).status_code for _ in range(6)]
    assert codes == [200, 503, 503, 200, 200, 200]
    assert api.post("exports/getAll", {"ExportIds": ["x"]}).status_code == 502


def test_faults_of_one_operation_spare_the_others(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add(STAYS, Status(503), times=None)
    sandbox.faults.add("*", Status(502), after=1)
    assert api.post("enterprises/getAll", PAGE).status_code == 200
    assert api.post("enterprises/getAll", PAGE).status_code == 502
    assert api.post(STAYS, PAGE).status_code == 503
    sandbox.faults.clear()
    assert api.post(STAYS, PAGE).status_code == 200


def test_a_mix_is_random_and_the_same_for_the_same_seed(
    sandbox: Sandbox, api: Api
) -> None:
    def codes() -> list[int]:
        mixed = (Status(503), TooMany(None), Status(525))
        sandbox.faults.mix(rate=0.5, seed=3, faults=mixed)
        return [api.post(STAYS, PAGE).status_code for _ in range(50)]

    first = codes()
    assert {200, 503, 429} <= set(first)
    assert codes() == first
    assert sandbox.journal.breaches == []
