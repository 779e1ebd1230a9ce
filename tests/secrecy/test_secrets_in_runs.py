"""Tokens, signatures, request bodies and guests: in no log, error, state or name.

Every library logs at debug level here, and errors are shown in every form that a
logging config can ask for.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_mews import errors
from tap_mews.errors import DownloadError, RefusedError, TapMewsError
from tests.harness import FastClock, select, sync
from tests.secrecy.cases import CASES, Case, each_case
from tests.secrecy.shown import GUEST, Shown, all_shown, leaks

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json, Result


def run(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, case: Case, shown: Shown
) -> Result:
    """Run the tap with everything watched, and show how it ended."""
    settings = case.arrange(sandbox, monkeypatch)
    config = sandbox.config(**settings)
    with all_shown(shown):
        result = sync(config, case.state, select(*case.streams), FastClock(sandbox))
        if result.error is not None:
            shown.add_error(result.error)
            logging.getLogger("tap-mews").debug("Where:", exc_info=result.error)
    shown.add("state", result.states)
    return result


@each_case
def test_no_secret_is_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    shown = Shown()
    result = run(sandbox, monkeypatch, case, shown)
    assert type(result.error) is (case.error or type(None))
    assert "DEBUG" in result.log or case.error is errors.InvalidSettingsError
    for what_has_a_test_of_its_own in ("arguments", "insides"):
        shown.texts.pop(what_has_a_test_of_its_own, None)
    assert leaks(sandbox, shown.texts) == set()
    # the guests themselves are what a target is there for
    output = b"".join(result.lines).decode().replace(GUEST, "")
    assert leaks(sandbox, {"output": output}) == set()


@each_case
def test_no_token_of_many_is_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    hotels = [*sandbox.enterprise_ids, sandbox.add_property(), sandbox.add_property()]
    tokens = {
        f"hotel {n}": sandbox.access.single_property(h) for n, h in enumerate(hotels)
    }
    # what repeats a token in an answer repeats one that the tap was given
    sandbox.access_token = tokens["hotel 0"]
    many = {"access_token": None, "access_tokens": tokens}

    def arrange(*arguments: Any) -> Json:  # noqa: ANN401
        return {**many, **case.arrange(*arguments)}

    shown = Shown()
    run(sandbox, monkeypatch, replace(case, arrange=arrange), shown)
    for what_has_a_test_of_its_own in ("arguments", "insides"):
        shown.texts.pop(what_has_a_test_of_its_own, None)
    assert leaks(sandbox, shown.texts) == set()


def test_no_secret_is_shown_by_what_log_lines_are_made_of(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `%(args)s` of a logging config shows it, and what collects errors does."""
    shown = Shown()
    run(sandbox, monkeypatch, CASES["all goes well"], shown)
    assert leaks(sandbox, {"arguments": shown.texts["arguments"]}) == set()


def test_there_is_a_case_for_each_error() -> None:
    recovered_from = {errors.ExportRunningError, errors.LinkExpiredError}
    # of a command line and of its output, which other tests show
    elsewhere = {
        errors.InvalidFileError,
        errors.InvalidOptionError,
        errors.OutputError,
    }
    raised = {RefusedError, DownloadError, errors.UnavailableError}
    leaves = {
        found
        for found in vars(errors).values()
        if isinstance(found, type)
        and issubclass(found, TapMewsError)
        and (not found.__subclasses__() or found in raised)
    }
    assert {case.error for case in CASES.values()} - {None} == (
        leaves - recovered_from - elsewhere
    )


@pytest.mark.parametrize(
    "name",
    [
        "resets",
        "a row that breaks its schema",
        "a line that is no UTF-8",
    ],
)
def test_no_secret_is_within_an_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where what collects errors finds it, though no traceback shows it."""
    shown = Shown()
    run(sandbox, monkeypatch, CASES[name], shown)
    assert leaks(sandbox, {"insides": shown.texts["insides"]}) == set()


def failed(words: str, *, hidden: bool) -> DownloadError:
    """An error that another one led to, and may hide."""
    cause = requests.ConnectionError(words)
    error = DownloadError("In short")
    error.__context__ = cause
    error.__cause__ = None if hidden else cause
    error.__suppress_context__ = hidden
    return error


@pytest.mark.parametrize("hidden", [False, True], ids=["shown", "hidden"])
def test_an_exception_of_any_library_is_logged_without_secrets(
    sandbox: Sandbox, *, hidden: bool
) -> None:
    sync(sandbox.config(), catalog=select("bills")).ok()
    shown, words = Shown(), f"url: /f?sig={'0' * 40} body: {sandbox.access_token}"
    with all_shown(shown):
        error = failed(words, hidden=hidden)
        logging.getLogger("somebody.else").debug("That failed", exc_info=error)
    shown.texts.pop("arguments")
    assert "In short" in shown.texts["log"]
    assert leaks(sandbox, shown.texts) == set()
