"""The server: its headers, its limits, its journal, its command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.processes import running

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sandbox import Sandbox
    from tests.sandbox.api import Api

PAGE = {"Limitation": {"Count": 5}}
HOTELS = "enterprises/getAll"
ROOT = Path(__file__).parents[2]


def test_it_is_unreachable_when_it_has_stopped(api: Api) -> None:
    api.ask(HOTELS, PAGE)
    api.sandbox.__exit__(None, None, None)
    with pytest.raises(requests.ConnectionError):
        api.ask(HOTELS, PAGE)


def test_the_config_is_what_the_tap_needs(sandbox: Sandbox) -> None:
    assert sandbox.config(page_size=5) == {
        "client_token": sandbox.client_token,
        "access_token": sandbox.access_token,
        "api_url": sandbox.url,
        "page_size": 5,
    }


def test_each_answer_has_an_id_of_its_own(api: Api) -> None:
    ids = {api.post(HOTELS, PAGE).headers["Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert {each.request_id for each in api.sandbox.journal.requests()} == ids


def test_the_date_is_the_platforms(api: Api) -> None:
    def date() -> datetime:
        return parsedate_to_datetime(api.post(HOTELS, PAGE).headers["Date"])

    assert date() - datetime(2026, 3, 1, 6, tzinfo=timezone.utc) < timedelta(seconds=9)
    api.sandbox.clock.advance(timedelta(days=400))
    assert date() > datetime(2027, 4, 5, tzinfo=timezone.utc)


def test_connections_are_kept(api: Api) -> None:
    connection = HTTPConnection(api.sandbox.url.removeprefix("http://"), timeout=60)
    sockets = set()
    for _ in range(3):
        connection.request("POST", f"/api/connector/v1/{HOTELS}", "{}")
        connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert sockets != {None}


def test_a_body_that_does_not_come_whole_is_no_request(api: Api) -> None:
    connection = HTTPConnection(api.sandbox.url.removeprefix("http://"))
    connection.putrequest("POST", f"/api/connector/v1/{HOTELS}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b'{"ClientToken":')
    connection.sock.shutdown(socket.SHUT_WR)
    assert connection.sock.recv(1) == b"", "somebody answered a client that is gone"
    connection.close()
    assert api.sandbox.journal.requests() == []


def test_the_journal_has_everything_but_the_tokens(api: Api) -> None:
    then = api.sandbox.clock.now()
    api.ask(HOTELS, PAGE)
    (entry,) = api.sandbox.journal.requests(HOTELS)
    assert entry.body == {"Client": "sandbox tests 1.0", **PAGE}
    assert (entry.grant, entry.status, entry.rows) == ("portfolio", 200, 2)
    assert then <= entry.at <= api.sandbox.clock.now()
    assert api.sandbox.journal.requests("exports/add") == []
    api.sandbox.journal.clear()
    assert api.sandbox.journal.requests() == []


def test_too_many_requests_are_refused_until_the_window_has_slid(api: Api) -> None:
    limits = api.sandbox.limits
    limits.requests, limits.window = 3, 0.3
    codes = [api.post(HOTELS, PAGE).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert len(api.sandbox.journal.breaches) == 2
    time.sleep(0.31)
    assert api.post(HOTELS, PAGE).status_code == 200


def test_each_token_has_its_own_budget(api: Api) -> None:
    api.sandbox.limits.requests = 1
    api.ask(HOTELS, PAGE)
    assert api.post(HOTELS, PAGE).headers["Retry-After"] == "30"
    api.envelope["AccessToken"] = api.sandbox.access.grant(None)
    api.ask(HOTELS, PAGE)


def test_the_wait_can_be_told_as_a_date_or_not_at_all(api: Api) -> None:
    limits = api.sandbox.limits
    limits.requests, limits.retry_after = 0, "date"
    response = api.post(HOTELS, PAGE)
    due = parsedate_to_datetime(response.headers["Retry-After"])
    wait = due - parsedate_to_datetime(response.headers["Date"])
    assert 30 <= wait.total_seconds() <= 32
    limits.retry_after = None
    assert "Retry-After" not in api.post(HOTELS, PAGE).headers


def test_requests_can_take_their_time(api: Api) -> None:
    api.sandbox.limits.latency = 0.1
    assert api.post(HOTELS, PAGE).elapsed.total_seconds() >= 0.1


def test_the_demo_can_let_time_pass(api: Api) -> None:
    url = f"{api.sandbox.url}/sandbox"
    body = {"days": 2, "hours": 1}
    answer = api.session.post(f"{url}/live-on", json=body, timeout=60)
    assert answer.json()["Now"][:13] == "2026-03-03T07"
    assert (
        api.session.post(f"{url}/live-on", json={"ages": 1}, timeout=60).status_code
        == 400
    )
    api.ask(HOTELS, PAGE)
    summary = api.get(f"{url}/journal").json()
    assert summary["Requests"] == {HOTELS: 1}
    assert summary["Breaches"] == []


def run(*options: str) -> AbstractContextManager[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "--days", "5", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return running(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_serves_until_it_is_interrupted() -> None:
    with run("--json", "--properties", "1") as process:
        assert process.stdout is not None
        known = json.loads(process.stdout.readline())
        body = {
            "ClientToken": known["client_token"],
            "AccessToken": known["access_token"],
            "Client": "test",
            **PAGE,
        }
        url = f"{known['url']}/api/connector/v1/{HOTELS}"
        answer = requests.post(url, json=body, timeout=60)
        assert len(answer.json()["Enterprises"]) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "Traceback" not in process.communicate()[1]


def test_the_command_says_how_to_go_on() -> None:
    with run() as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(12))
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert '"api_url": "http://127.0.0.1:' in text
    assert "/sandbox/live-on" in text
