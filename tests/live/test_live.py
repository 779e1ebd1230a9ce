"""The check of the real service, proven on the sandbox under its own address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest

from drift.__main__ import main as drift
from live.__main__ import main
from live.calls import Mews, Refused
from sandbox import Sandbox
from sandbox.faults import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[2]
SURNAME = "Quillfeather-s3cr3t"


class Checked(NamedTuple):
    """What a check gave."""

    code: int
    text: str
    printed: str
    sandbox: Sandbox

    @property
    def report(self) -> Json:
        """The report."""
        report: Json = json.loads(self.text)
        return report

    def stream(self, name: str) -> Json:
        """What it says of a stream."""
        (found,) = (
            each for each in self.report["sync"]["streams"] if each["stream"] == name
        )
        assert isinstance(found, dict)
        return found


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    """The variables that `make live` reads."""
    return {
        "TAP_MEWS_CLIENT_TOKEN": sandbox.client_token,
        "TAP_MEWS_ACCESS_TOKEN": sandbox.access_token,
        "TAP_MEWS_API_URL": sandbox.url,
        **more,
    }


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """One check for all promises, of a service that refuses an operation."""
    folder = tmp_path_factory.mktemp("live")
    with Sandbox(properties=2, days=4) as sandbox:
        sandbox.access.revoke("counters/getAll")
        # one run after the other on one token; each keeps to the limit by itself
        sandbox.limits.requests = 2000
        guest = sandbox.new_row("Customer", LastName=SURNAME, Mood=SURNAME)
        sandbox.put("Customer", guest)
        # windows end minutes before now
        sandbox.live_on(timedelta(hours=1))
        second = sandbox.access.single_property(sandbox.enterprise_ids[0])
        file = folder / "report.json"
        more = {"LIVE_SECOND_ACCESS_TOKEN": second, "LIVE_REPORT": str(file)}
        done = subprocess.run(
            [sys.executable, "-m", "live"],
            cwd=CHECKOUT,
            env={**os.environ, **environment(sandbox, **more)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert file.exists(), done.stderr
        yield Checked(done.returncode, file.read_text("utf-8"), done.stdout, sandbox)


def test_a_service_that_answers_is_exit_code_0(checked: Checked) -> None:
    assert checked.code == 0
    assert checked.report["test"]["exit_code"] == 0
    assert checked.report["sync"]["exit_code"] == 0


def test_rows_of_each_stream_are_counted(checked: Checked) -> None:
    assert checked.stream("enterprises")["rows"] == 2
    assert checked.stream("reservations")["rows"] > 0
    assert checked.stream("reservations")["ways"]


def test_undocumented_properties_are_named_with_their_types(checked: Checked) -> None:
    seen = checked.stream("customers")["drift"]["unknown_properties"]
    assert seen["$.Mood"] == ["string"]


def test_the_report_can_be_laid_beside_the_facts(
    checked: Checked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "live-report.json"
    file.write_text(checked.text, "utf-8")
    assert drift(["report", str(file)]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["customers", "Mood", "string", "lacks", "it"] in lines


def test_streams_that_answer_401_are_named(checked: Checked) -> None:
    refused = {"operation": "counters/getAll", "status": 401}
    assert checked.report["sync"]["refused"]["counters"] == refused
    assert "HTTP 401" in checked.printed


def test_what_comes_without_a_parameter_is_counted(checked: Checked) -> None:
    found = {
        (each["operation"], each["parameter"]): each
        for each in checked.report["defaults"]
    }
    states = found["reservations/getAll/2023-06-06", "States"]
    assert sum(states["with_all"].values()) == sum(states["without"].values()) > 0
    assert {*states["with_all"]} <= {"Confirmed", "Started", "Processed", "Canceled"}


def test_a_default_that_hides_rows_shows_in_the_counts(checked: Checked) -> None:
    """The sandbox gives only active rows to those who name no states."""
    (found,) = (
        each
        for each in checked.report["defaults"]
        if each["operation"] == "accountingCategories/getAll"
    )
    assert found["parameter"] == "ActivityStates"
    assert found["without"].keys() == {"true"}
    assert found["with_all"].keys() == {"true", "false"}
    hidden = "accountingCategories/getAll without ActivityStates: false hidden"
    assert hidden in checked.printed


def test_customers_of_two_tokens_of_a_chain_are_compared(checked: Checked) -> None:
    found = checked.report["customers_of_two_tokens"]
    assert found["first"] == found["both"] == found["both_the_same"] > 0


def test_nothing_of_a_guest_and_no_token_is_told(checked: Checked) -> None:
    told = checked.text + checked.printed
    assert SURNAME not in told
    assert checked.sandbox.access_token not in told
    assert checked.sandbox.client_token not in told
    for entity in ("Customer", "Reservation", "Enterprise"):
        for row in checked.sandbox.rows(entity):
            assert row["Id"] not in told
    names = {row["LastName"] for row in checked.sandbox.rows("Customer")}
    assert not [name for name in names if name and name in told]


def test_what_is_asked_breaks_no_rule_of_the_service(checked: Checked) -> None:
    assert checked.sandbox.journal.breaches == []


def test_without_tokens_it_says_where_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main({}) == 2
    assert "TAP_MEWS_ACCESS_TOKEN" in capsys.readouterr().err


def test_a_wrong_token_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"LIVE_REPORT": str(tmp_path / "report.json")}
    with Sandbox(properties=1, days=1) as sandbox:
        known = environment(sandbox, **more, TAP_MEWS_ACCESS_TOKEN="wrong-s3cr3t")
        assert main(known) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "HTTP 401" in line
    assert "wrong-s3cr3t" not in line


def test_a_busy_service_is_asked_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo tokens are shared: 429 is the rule there."""
    pauses: list[float] = []
    monkeypatch.setattr("live.calls.time.sleep", pauses.append)
    sandbox.faults.add(
        "services/getAll", Status(429, headers={"Retry-After": "7"}), times=2
    )
    tokens = (sandbox.client_token, sandbox.access_token)
    mews = Mews(sandbox.url, *tokens, span=timedelta(days=7))
    assert mews.call("services/getAll", {"Limitation": {"Count": 1}})["Services"]
    assert pauses == [7, 7]


def test_a_host_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.calls.time.sleep", lambda _: None)
    mews = Mews("http://127.0.0.1:9", "a", "b", span=timedelta(days=7))
    with pytest.raises(Refused, match="HTTP 0 'ConnectionError'"):
        _ = mews.now
