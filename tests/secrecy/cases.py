"""What can happen in a run, and how it ends."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.encoding import encode
from sandbox.faults import FILES, Cut, MissingRows, NotJson, Reset, Short, Status
from tap_mews import errors
from tap_mews.errors import DownloadError, RefusedError, TapMewsError
from tests.pages_harness import ASSIGNMENTS, RESERVATIONS, Spoiled
from tests.secrecy.shown import GUEST, WRONG

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from tests.harness import Json


@dataclass(frozen=True)
class Echo:
    """A refusal whose words and details repeat tokens and a request."""

    sandbox: Sandbox = field(repr=False)
    status: int = 400

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        tokens = {
            "ClientToken": self.sandbox.client_token,
            "AccessToken": self.sandbox.access_token,
        }
        words = f"No: {tokens['ClientToken']} and {tokens['AccessToken']}"
        reply = Status(self.status, words)(call)
        body = json.loads(bytes(reply.body))
        return replace(reply, body=encode({**body, "Details": json.dumps(tokens)}))


@dataclass(frozen=True)
class Case:
    """What happens in a run, and how it ends.

    Attributes:
        arrange: Prepares it; gives the settings.
        error: How it ends, None for well.
        streams: What is read.
        state: Where it goes on.
    """

    arrange: Callable[[Sandbox, pytest.MonkeyPatch], Json]
    error: type[TapMewsError] | None = None
    streams: tuple[str, ...] = ("customers", "companionships", "source_assignments")
    state: Json | None = None


def fault(
    operation: str,
    what: Any,  # noqa: ANN401
    times: int | None = None,
    **settings: object,
) -> Any:  # noqa: ANN401
    """A case in which calls of an operation go wrong."""

    def arrange(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
        del monkeypatch
        found = what(sandbox) if isinstance(what, partial) else what
        sandbox.faults.add(operation, found, times=times)
        return settings

    return arrange


def setting(**settings: object) -> Any:  # noqa: ANN401
    """A case of other settings."""
    return lambda _, __: settings


def lines(*found: bytes, **settings: object) -> Any:  # noqa: ANN401
    """A case of other rows of customers."""

    def arrange(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
        del monkeypatch
        sandbox.exports.lines["Customer"] = found
        return settings

    return arrange


def in_trouble(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Everything goes wrong now and then."""
    del monkeypatch
    sandbox.exports.rows_per_file = 5
    sandbox.faults.mix(0.3)
    return {}


def one_wrong(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """One token is right, and the other one is not."""
    del monkeypatch
    right = sandbox.access.single_property(sandbox.enterprise_ids[0])
    return {"access_token": None, "access_tokens": {"right": right, "wrong": WRONG}}


def unreachable(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Nobody listens."""
    del sandbox, monkeypatch
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return {"api_url": f"http://127.0.0.1:{unused.getsockname()[1]}"}


def outage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Mews answers nothing any more, once the properties are listed."""
    del monkeypatch
    sandbox.faults.add("*", Echo(sandbox, 500), times=None, after=1)
    return {}


def too_heavy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """No page is small enough."""
    del monkeypatch
    sandbox.limits.max_page = 0
    return {}


def never_ready(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """An export never ends."""
    del monkeypatch
    sandbox.exports.force_status["Customer"] = "Processing"
    return {"export_timeout_minutes": 1}


def blocked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Another export of the type never ends."""
    del monkeypatch
    job = sandbox.exports.add(sandbox.access_token, "Customer", [], {}, None)
    sandbox.exports.force_status[job.id] = "Pending"
    return {"export_timeout_minutes": 1}


def failing_exports(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Mews can make no export."""
    del monkeypatch
    sandbox.exports.fail_next["Customer"] = 100
    return {}


def unknown_status(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """An export has a status that nobody knows."""
    del monkeypatch
    sandbox.exports.force_status["Customer"] = "Quarantined"
    return {}


def full_disk(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """No room."""
    del sandbox
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    return {}


def other_links(change: Callable[[str], str]) -> Any:  # noqa: ANN401
    """A case in which the links of files are others."""

    def edit(body: Json) -> None:
        for export in body["Exports"]:
            for file in export["Files"]:
                file["Url"] = change(file["Url"])

    return fault("exports/getAll", Spoiled(edit))


def file_redirects(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """The file host sends one from here to there, with another signature."""
    del monkeypatch
    url = f"{sandbox.url}/files/there?sig=elsewhere&se=never"
    sandbox.faults.add(FILES, Status(302, "", {"Location": url}), times=None)
    return {}


def answered(sandbox: Sandbox) -> set[str]:
    """The operations that were called and allowed."""
    requests = sandbox.journal.requests()
    return {each.operation for each in requests if each.status == HTTPStatus.OK}


def withdrawn(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """The access token is taken away while pages are read."""
    del monkeypatch

    def withdraw(call: Call) -> Reply:
        # each stream has been let in
        while not {"exports/add", RESERVATIONS} <= answered(sandbox):
            time.sleep(0.01)
        sandbox.faults.add("*", Echo(sandbox, 401), times=None)
        return Echo(sandbox, 401)(call)

    sandbox.faults.add(ASSIGNMENTS, withdraw, after=1)
    return {"page_size": 1}


ODD = b'{"Id":"a","LastName":"%b","Mood":"%b","Address":"%b"}' % ((GUEST.encode(),) * 3)
REDIRECT = Status(307, "", {"Location": "http://127.0.0.1:9/?token=x"})

CASES = {
    "all goes well": Case(setting()),
    "all goes well, mapped": Case(
        setting(stream_maps={"customers": {"Name": "LastName", "Email": None}})
    ),
    "all goes well, flattened": Case(
        setting(flattening_enabled=True, flattening_max_depth=3)
    ),
    "trouble that passes": Case(in_trouble),
    "odd rows that are passed on": Case(
        lines(
            ODD,
            b'{"Id":"a","LastName":"%b\xff"}' % GUEST.encode(),
            on_invalid_record="warn",
        )
    ),
    "wrong settings": Case(
        setting(page_size=GUEST, start_date=GUEST), errors.InvalidSettingsError
    ),
    "wrong address": Case(
        setting(api_url=f"https://{GUEST}:{WRONG}@api.mews.com"),
        errors.InvalidSettingsError,
    ),
    "a state of nobody": Case(
        setting(),
        errors.InvalidStateError,
        state={"bookmarks": {"customers": {"replication_key_value": "soon"}}},
    ),
    "a row that breaks its schema": Case(lines(ODD), errors.InvalidRecordError),
    "a line that is cut": Case(lines(ODD[:-9]), errors.InvalidRecordError),
    "a line that is no UTF-8": Case(
        lines(b'{"Id":"a","LastName":"%b\xff"}' % GUEST.encode()),
        errors.InvalidRecordError,
    ),
    "a row of a page that breaks its schema": Case(
        fault(
            ASSIGNMENTS,
            Spoiled(
                lambda body: body.update(
                    SourceAssignments=[{"Id": "a", "IsPrimary": GUEST}]
                )
            ),
        ),
        errors.InvalidRecordError,
    ),
    "a full disk": Case(full_disk, errors.SpoolError),
    "a storage of batch files that is none": Case(
        setting(
            batch_config={
                "encoding": {"format": "jsonl", "compression": "gzip"},
                "storage": {"root": "file:///dev/null"},
            }
        ),
        errors.BatchError,
    ),
    # the file that is renamed in the end has a longer name, too long for any disk
    "a report that cannot be written": Case(
        setting(report_path=str(Path(tempfile.gettempdir(), "r" * 253))),
        errors.ReportError,
    ),
    "a wrong client token": Case(setting(client_token=WRONG), errors.UnauthorizedError),
    "one of two tokens is wrong": Case(one_wrong, errors.PropertyFailureError),
    "a wrong access token": Case(setting(access_token=WRONG), errors.UnauthorizedError),
    "401 with an echo": Case(
        fault("exports/add", partial(Echo, status=401), extraction="exports"),
        errors.UnauthorizedError,
    ),
    "a token that is withdrawn": Case(withdrawn, errors.WithdrawnError),
    "413 with an echo": Case(
        fault(ASSIGNMENTS, partial(Echo, status=413)), errors.TooLargeError
    ),
    "400 with an echo": Case(fault("exports/add", partial(Echo)), RefusedError),
    "400 of a page with an echo": Case(fault(ASSIGNMENTS, partial(Echo)), RefusedError),
    "a redirect": Case(fault("exports/add", REDIRECT), RefusedError),
    "pages that are too heavy": Case(too_heavy, errors.TooHeavyError),
    "500 with an echo": Case(
        fault("exports/getAll", partial(Echo, status=500)), errors.UnavailableError
    ),
    "resets": Case(fault("exports/getAll", Reset()), errors.UnavailableError),
    "no JSON": Case(fault("exports/getAll", NotJson()), errors.UnavailableError),
    "an outage": Case(outage, errors.OutageError),
    "nobody listens": Case(unreachable, errors.UnavailableError),
    "another form": Case(
        fault("exports/getAll", MissingRows()), errors.UnexpectedAnswerError
    ),
    "links of another form": Case(
        fault(
            "exports/getAll",
            Spoiled(
                lambda body: [
                    file.update(SizeInBytes=f"{GUEST}{file['Url']}")
                    for file in body["Exports"][0]["Files"]
                ]
            ),
        ),
        errors.UnexpectedAnswerError,
    ),
    "a status of nobody": Case(unknown_status, errors.UnexpectedAnswerError),
    "exports that fail": Case(failing_exports, errors.ExportFailedError),
    "an export that never ends": Case(never_ready, errors.ExportTimeoutError),
    "another export that never ends": Case(blocked, errors.ExportTimeoutError),
    "files that are refused": Case(fault(FILES, Status(403)), DownloadError),
    "files that are refused for good": Case(fault(FILES, Status(400)), DownloadError),
    "files that are cut": Case(fault(FILES, Cut(0)), DownloadError),
    "files that are short": Case(fault(FILES, Short(9)), DownloadError),
    "a file host that resets": Case(fault(FILES, Reset()), DownloadError),
    "a file host that does not listen": Case(
        other_links(lambda url: "http://127.0.0.1:9/f?" + url.partition("?")[2]),
        DownloadError,
    ),
    "a file host that redirects": Case(file_redirects, DownloadError),
    "links of another scheme": Case(
        other_links(lambda url: url.replace("http:", "ftp:")), DownloadError
    ),
    "links that are none": Case(
        other_links(lambda url: "http://[" + url.partition("//")[2]), DownloadError
    ),
    "links with quotes": Case(
        other_links(lambda url: url.replace("?", "?rscd=filename='a(1).jsonl'&"))
    ),
    "links of a file with parentheses": Case(
        other_links(lambda url: url.replace("?", "(1)?")), DownloadError
    ),
}

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
