"""Tokens, signatures, request bodies and guests: in no log, error, state or name.

Every library logs at debug level here, and errors are shown in every form that a
logging config can ask for.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import BaseAdapter
from singer_sdk.logging import StructuredFormatter

from sandbox import Sandbox
from sandbox.encoding import encode
from sandbox.faults import (
    FILES,
    Cut,
    Drip,
    MissingRows,
    NotJson,
    Reset,
    Short,
    Status,
)
from tap_mews import errors
from tap_mews.accounts import Account
from tap_mews.downloads import Downloader
from tap_mews.errors import DownloadError, RefusedError, TapMewsError
from tap_mews.run import Run
from tap_mews.settings import CONFIG, Settings
from tap_mews.spool import Spool
from tests.harness import FastClock, Json, Result, run_process, select, sync
from tests.pages_harness import ASSIGNMENTS, Spoiled, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.answers import Reply
    from sandbox.faults import Call

GUEST = "Quillfeather"
"""The name of every guest."""

BODY = (
    '"ClientToken"',
    '"AccessToken"',
    '"Limitation"',
    '"EntityType"',
    '"ExportIds"',
    '"Extent"',
)
"""What is in request bodies and nowhere else."""

WRONG = "WRONG-0123456789ABCDEF0123456789ABCDEF"


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


@dataclass
class Shown:
    """Everything that a run shows, by where it shows it."""

    texts: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, text: object) -> None:
        """Keep a text."""
        self.texts[where] = f"{self.texts.get(where, '')}{text}\n"

    def add_error(self, error: BaseException) -> None:
        """Keep an error and all that led to it, in words."""
        self.add("error", error)
        self.add("traceback", "".join(traceback.format_exception(error)))
        cause: BaseException | None = error
        while cause is not None:
            self.add("causes", cause)
            request = getattr(cause, "request", None)
            self.add("insides", f"{cause.args} {getattr(request, 'body', None)!r}")
            cause = cause.__cause__ or cause.__context__


class Everything(logging.Handler):
    """Shows records in every form there is."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(logging.DEBUG)
        self._shown = shown
        self._structured = StructuredFormatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._shown.add("log", self.format(record))
        self._shown.add("structured log", self._structured.format(record))
        self._shown.add("arguments", f"{record.msg} {record.args}")


@contextmanager
def all_shown(shown: Shown) -> Iterator[None]:
    """Catch what anything logs."""
    root, handler = logging.getLogger(), Everything(shown)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def secrets_of(sandbox: Sandbox) -> set[str]:
    """What must not be shown."""
    tokens = {*sandbox.access.tokens(), WRONG}
    halves = {half for token in tokens for half in (token[:20], token[-20:])}
    return halves | {*sandbox.exports._links} | {*BODY, GUEST, "sig="}


def leaks(sandbox: Sandbox, texts: dict[str, str]) -> set[tuple[str, str]]:
    """What is shown nevertheless, and where."""
    return {
        (where, secret)
        for where, text in texts.items()
        for secret in secrets_of(sandbox)
        if secret in text
    }


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A hotel whose guests all have one name."""
    with Sandbox(properties=1, days=5) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        for row in sandbox.rows("Customer"):
            names = dict.fromkeys(("FirstName", "LastName", "Notes", "Phone"), GUEST)
            sandbox.put("Customer", {**row, **names, "Email": f"{GUEST}@x.example"})
        yield sandbox
        # among them: a token that was sent to the file host
        assert [each for each in sandbox.journal.breaches if each.status != 401] == []


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


def fault(operation: str, what: Any, times: int | None = None) -> Any:  # noqa: ANN401
    """A case in which calls of an operation go wrong."""

    def arrange(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
        del monkeypatch
        found = what(sandbox) if isinstance(what, partial) else what
        sandbox.faults.add(operation, found, times=times)
        return {}

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


def unreachable(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """Nobody listens."""
    del sandbox, monkeypatch
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return {"api_url": f"http://127.0.0.1:{unused.getsockname()[1]}"}


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
    # the file that is renamed in the end has a longer name, too long for any disk
    "a report that cannot be written": Case(
        setting(report_path=str(Path(tempfile.gettempdir(), "r" * 253))),
        errors.ReportError,
    ),
    "a wrong client token": Case(setting(client_token=WRONG), errors.UnauthorizedError),
    "a wrong access token": Case(setting(access_token=WRONG), errors.UnauthorizedError),
    "401 with an echo": Case(
        fault("exports/add", partial(Echo, status=401)), errors.UnauthorizedError
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
    elsewhere = {errors.InvalidFileError, errors.OutputError}
    leaves = {
        found
        for found in vars(errors).values()
        if isinstance(found, type)
        and issubclass(found, TapMewsError)
        and (not found.__subclasses__() or found in {RefusedError, DownloadError})
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


# who is sent what


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_of_the_api_are_refused(sandbox: Sandbox, status: int) -> None:
    with Sandbox(properties=1, days=1) as other:
        location = f"{other.url}/api/connector/v1/exports/add"
        sandbox.faults.add("*", Status(status, "", {"Location": location}), times=None)
        for stream in ("customers", "source_assignments", "companionships"):
            result = sync(sandbox.config(), catalog=select(stream))
            assert isinstance(result.error, RefusedError)
            assert "redirects are not followed" in str(result.error)
            assert location not in str(result.error)
        assert other.journal.requests() == []
        assert other.journal.downloads == []


def test_a_file_host_that_is_another_one_gets_no_token(sandbox: Sandbox) -> None:
    with Sandbox(properties=1, days=1) as other:
        other.platform.access = sandbox.access  # so it knows what to look for
        headers = {"Location": f"{other.url}/files/there?sig=elsewhere"}
        sandbox.faults.add(FILES, Status(302, "", headers), times=None)
        result = sync(sandbox.config(), catalog=select("customers"))
        assert isinstance(result.error, DownloadError)
        assert {each.status for each in other.journal.downloads} == {403}
        assert other.journal.breaches == []


class Redirecting(BaseAdapter):
    """Answers each request with a redirect; none is sent anywhere."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._location = location

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401
        """Redirect."""
        self.asked.append(str(request.url))
        response = requests.Response()
        response.status_code = 302
        response.headers["Location"] = self._location
        response.raw = io.BytesIO()
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held."""


OTHER_SCHEMES = ["ftp://127.0.0.1/f", "file:///etc/hostname", "//127.0.0.1/f", "f", ""]


@pytest.mark.parametrize("url", ["http://127.0.0.1/f", *OTHER_SCHEMES])
def test_a_file_is_asked_for_by_https_alone(tmp_path: Path, url: str) -> None:
    downloader = Downloader(FastClock(), Spool(tmp_path), allow_http=False)
    with pytest.raises(DownloadError, match="not https"):
        downloader.fetch(f"{url}?sig=x", 1, tmp_path / "f", "file 1", Account())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", OTHER_SCHEMES)
def test_loopback_allows_http_and_no_other_scheme(tmp_path: Path, url: str) -> None:
    downloader = Downloader(FastClock(), Spool(tmp_path), allow_http=True)
    with pytest.raises(DownloadError, match="not https"):
        downloader.fetch(f"{url}?sig=x", 1, tmp_path / "f", "file 1", Account())


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/f?sig=x", "ftp://x/f?sig=x", "HTTP://x/f?sig=x"]
)
def test_no_redirect_leads_a_file_away_from_https(
    tmp_path: Path, location: str
) -> None:
    downloader = Downloader(FastClock(), Spool(tmp_path), allow_http=False)
    host, plain = Redirecting(location), Redirecting(location)
    downloader._session.mount("https://", host)
    downloader._session.mount("http://", plain)
    with pytest.raises(DownloadError, match="not https") as caught:
        downloader.fetch("https://host/f?sig=x", 1, tmp_path / "f", "file 1", Account())
    assert len(host.asked) == 1
    assert plain.asked == []
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("api_url", "allowed"),
    [
        ("https://api.mews.com", False),
        ("https://api.mews-demo.com", False),
        ("https://127.0.0.1.mews.com", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
    ],
)
def test_files_may_come_by_http_only_when_the_api_is_on_this_machine(
    tmp_path: Path, api_url: str, *, allowed: bool
) -> None:
    config = {"client_token": "c" * 9, "access_token": "a" * 9, "api_url": api_url}
    found = Run(Settings.load(config, CONFIG), FastClock())
    plain = Redirecting("ftp://x/f")
    found.downloader._session.mount("http://", plain)
    with pytest.raises(DownloadError):
        found.downloader.fetch(
            "http://host/f?sig=x", 1, tmp_path / "f", "file 1", Account()
        )
    assert len(plain.asked) == allowed


# real processes

LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "own": {"format": "%(levelname)s %(name)s %(message)s %(exc_text)s"},
        "structured": {"()": "singer_sdk.logging.StructuredFormatter"},
    },
    "handlers": {
        name: {
            "class": "logging.FileHandler",
            "filename": f"{name}.log",
            "formatter": name,
        }
        for name in ("own", "structured")
    },
    "root": {"level": "DEBUG", "handlers": ["own", "structured"]},
    "loggers": {"urllib3": {"level": "DEBUG"}, "tap-mews": {"level": "DEBUG"}},
}
"""JSON is YAML, so this is a config of the user's for `SINGER_SDK_LOG_CONFIG`."""


def logging_all(folder: Path) -> dict[str, str]:
    """The environment of a process that logs all there is, to files as well."""
    path = folder / "logging.yaml"
    path.write_text(json.dumps(LOG_CONFIG), "utf-8")
    return {"LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(path)}


@pytest.mark.parametrize("name", ["all goes well", "files that are refused"])
def test_a_process_shows_no_secret_to_a_logging_config(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    config = sandbox.config(**case.arrange(sandbox, monkeypatch))
    done = run_process(folder=tmp_path, config=config, env=logging_all(tmp_path))
    assert done.returncode == (0 if case.error is None else 1)
    texts = {each.name: each.read_text("utf-8") for each in tmp_path.glob("*.log")}
    assert texts.keys() == {"own.log", "structured.log"}
    for text in texts.values():
        assert "urllib3" in text
        assert ("Where that happened" in text) == (case.error is not None)
    assert leaks(sandbox, {**texts, "standard error": done.stderr}) == set()


def test_a_config_that_is_cut_is_told_without_its_tokens(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config())[:-1], "utf-8")
    env = logging_all(tmp_path)
    done = run_process("--config", path, folder=tmp_path, env=env)
    assert done.returncode == 1
    texts = {each.name: each.read_text("utf-8") for each in tmp_path.glob("*.log")}
    assert "JSON" in texts["own.log"]
    assert leaks(sandbox, {**texts, "standard error": done.stderr}) == set()


@dataclass
class Running:
    """A process that reads customers, whose files come in drops."""

    process: subprocess.Popen[bytes]
    spool: Path
    known: set[Path]

    def folder(self) -> Path:
        """The folder of its spool, once a file is in it."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for found in set(self.spool.iterdir()) - self.known:
                if any(found.glob("*.jsonl")):
                    return found
            assert self.process.poll() is None
            threading.Event().wait(0.02)
        raise TimeoutError

    def end(self, signum: int) -> str:
        """Send a signal; give what it wrote to standard error."""
        self.process.send_signal(signum)
        return self.process.communicate(timeout=30)[1].decode()


@contextmanager
def running(sandbox: Sandbox, tmp_path: Path, name: str = "run") -> Iterator[Running]:
    """Start a process."""
    spool, folder = tmp_path / "spool", tmp_path / name
    spool.mkdir(exist_ok=True)
    folder.mkdir()
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps(sandbox.config(spool_directory=str(spool))), "utf-8")
    catalog.write_text(json.dumps(select("customers")), "utf-8")
    command = [sys.executable, "-m", "tap_mews", "--config", str(config)]
    with subprocess.Popen(
        [*command, "--catalog", str(catalog)],
        cwd=folder,
        env={**os.environ, **logging_all(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        umask=0,
    ) as process:
        try:
            yield Running(process, spool, set(spool.iterdir()))
        finally:
            process.kill()


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose files come in drops."""
    sandbox.faults.add(FILES, Drip(1.0, 100), times=None)
    return sandbox


def test_a_process_that_is_terminated_shows_and_leaves_nothing(
    slow: Sandbox, tmp_path: Path
) -> None:
    with running(slow, tmp_path) as run:
        folder = run.folder()
        paths = [folder, *folder.iterdir()]
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in paths}
        # what `ps` shows
        command = Path(f"/proc/{run.process.pid}/cmdline")
        shown = command.read_text("utf-8") if command.exists() else ""
        written = run.end(signal.SIGTERM)
    assert run.process.returncode == 128 + signal.SIGTERM
    assert set(modes.values()) == {0o700, 0o600}
    assert modes[folder.name] == 0o700
    assert list(run.spool.iterdir()) == []
    logs = {each.name: each.read_text("utf-8") for each in tmp_path.rglob("*.log")}
    assert "urllib3" in logs["own.log"]
    texts = {"names": " ".join(modes), "command": shown, "standard error": written}
    assert leaks(slow, {**texts, **logs}) == set()


def test_what_a_killed_run_left_goes_with_the_next_run_but_not_what_is_in_use(
    slow: Sandbox, tmp_path: Path
) -> None:
    with running(slow, tmp_path, "alive") as alive:
        in_use = alive.folder()
        with running(slow, tmp_path, "killed") as killed:
            left = killed.folder()
            killed.end(signal.SIGKILL)
        slow.faults.clear()
        config = slow.config(spool_directory=str(alive.spool))
        assert any(left.iterdir())
        result = sync(config, catalog=select("customers")).ok()
        assert not left.exists()
        assert left.name in result.log
        assert any(in_use.glob("*.jsonl"))
        alive.end(signal.SIGTERM)
    assert not in_use.exists()


@pytest.mark.parametrize("step", ["mkdtemp", "open"])
def test_two_runs_that_begin_at_once_do_not_take_each_others_spool_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    """The other one begins when the folder is made, or just before its lock is."""
    module = tempfile if step == "mkdtemp" else os
    act = getattr(module, step)
    other = Spool(tmp_path)

    def meanwhile(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if step == "open" and not str(arguments[0]).endswith("lock"):
            return act(*arguments, **named)
        monkeypatch.setattr(module, step, act)
        done = act(*arguments, **named)
        other.path("other.jsonl").write_text("{}", "utf-8")
        return done

    monkeypatch.setattr(module, step, meanwhile)
    first = Spool(tmp_path)
    path = first.path("first.jsonl")
    path.write_text("{}", "utf-8")
    assert path.read_text("utf-8") == "{}"
    assert other.path("other.jsonl").read_text("utf-8") == "{}"
    # and a third one finds both in use
    third = Spool(tmp_path)
    third.path("third.jsonl").write_text("{}", "utf-8")
    assert len(list(tmp_path.rglob("*.jsonl"))) == 3
    for spool in (first, other, third):
        spool.close()
    assert list(tmp_path.iterdir()) == []


def test_the_spool_has_no_secret_in_its_names(sandbox: Sandbox, tmp_path: Path) -> None:
    names: set[str] = set()

    def looking(call: Call) -> Reply:
        names.update(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*"))
        return call.carry_out()

    sandbox.faults.add(FILES, Cut(100, "close"))
    sandbox.faults.add(FILES, looking)
    config = sandbox.config(spool_directory=str(tmp_path))
    sync(config, catalog=select("customers")).ok()
    assert any(name.endswith(".jsonl") for name in names)
    assert leaks(sandbox, {"names": " ".join(names)}) == set()
