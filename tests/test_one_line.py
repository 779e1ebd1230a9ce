"""Whatever the libraries raise, wherever, is one line and exit code 1.

Only a fault of the tap itself is a traceback.
"""

from __future__ import annotations

import inspect
import json
import zlib
from typing import TYPE_CHECKING

import click
import msgspec
import pytest
import requests
import urllib3
from jsonschema import SchemaError, ValidationError
from singer_sdk import exceptions as sdk
from singer_sdk.mapper import PluginMapper
from urllib3 import HTTPResponse

import tap_mews.tap
from tap_mews.api.transport import Transport
from tap_mews.cli import entry
from tap_mews.records.writer import MessageWriter
from tap_mews.settings import Settings
from tap_mews.settings.stream_maps import StreamMaps
from tap_mews.streams.configuration import Enterprises
from tap_mews.tap import TapMews
from tests.harness import Json, command, select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox

VALUE = "guest@example.com"

OTHERS = {"aiohttp", "hypothesis", "tap_mews", "tests", "urllib"}
"""Packages whose own exceptions cannot come: the tap's are told by their own tests, and
those of aiohttp by the storage that uses it."""

FAMILIES: tuple[type[Exception], ...] = (
    OSError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    msgspec.MsgspecError,
    sdk.SingerSDKError,
)

SEAMS: dict[str, tuple[object, str]] = {
    "the first line": (TapMews, "print_version"),
    "a file": (entry, "read_file"),
    "the variables": (tap_mews.tap, "read_environment"),
    "the catalog": (tap_mews.tap, "read_catalog"),
    "the state": (tap_mews.tap, "read_state"),
    "the settings": (Settings, "load"),
    "the streams": (TapMews, "discover_streams"),
    "the catalog of a stream": (Enterprises, "apply_catalog"),
    "the check of stream maps": (StreamMaps, "problems"),
    "the stream maps": (PluginMapper, "register_raw_stream_schema"),
    "the preflight": (TapMews, "open_streams"),
    "a request": (Transport, "send"),
    "a message": (MessageWriter, "write_message"),
    "the records": (Enterprises, "get_records"),
}
"""Where a run can come upon what a machine, a network or an input is wrong in."""


def below(family: type[Exception]) -> Iterator[type[Exception]]:
    """A family of exceptions, without those that a library makes for itself alone."""
    yield family
    for each in family.__subclasses__():
        if each.__module__.partition(".")[0] not in OTHERS:
            yield from below(each)


def made(kind: type[Exception]) -> Exception:
    """An exception with as many texts as it asks for, or what else it asks for."""
    texts = [(VALUE,) * count for count in range(1, 5)]
    answer = HTTPResponse(b"")
    answer.length_remaining = 1
    # those of the storages of BATCH files, where another test has loaded them
    named = dict.fromkeys(("endpoint_url", "error", "proxy_url"), VALUE)
    positional = (*texts, (0, 0), (answer, b"1"), (VALUE, VALUE, 0), ())
    for arguments, keywords in (*((each, {}) for each in positional), ((), named)):
        try:
            error = kind(*arguments, **keywords)
            str(error)
        except (AttributeError, KeyError, TypeError):
            continue
        return error
    raise AssertionError(kind)


def raised() -> Iterator[Exception]:
    """One of each exception that the libraries in use can raise."""
    for kind in dict.fromkeys(each for family in FAMILIES for each in below(family)):
        if not inspect.isabstract(kind):
            yield made(kind)
    yield sdk.ConfigValidationError("wrong", errors=["one", "two"])
    yield UnicodeDecodeError("utf-8", VALUE.encode(), 0, 1, "invalid start byte")
    yield UnicodeEncodeError("ascii", VALUE, 0, 1, "ordinal not in range")
    yield json.JSONDecodeError("Expecting value", VALUE, 0)
    yield OSError(28, "No space left on device", "/spool/file")
    yield from (kind(VALUE) for kind in (SchemaError, ValidationError))
    yield from (kind(VALUE) for kind in (zlib.error, EOFError, MemoryError))
    yield from (
        kind("it is wrong") for kind in (click.ClickException, click.UsageError)
    )
    yield from (click.BadParameter("it is wrong"), click.FileError("a.json"))


@pytest.fixture
def arguments(sandbox: Sandbox, tmp_path: Path) -> list[str | Path]:
    """A run that comes by all seams."""
    config = sandbox.config(stream_maps={"enterprises": {"Name": "Name.upper()"}})
    documents: dict[str, Json] = {
        "--config": config,
        "--catalog": select("enterprises"),
        "--state": {},
    }
    found: list[str | Path] = ["--config", "ENV"]
    for option, document in documents.items():
        path = tmp_path / f"{option}.json"
        path.write_text(json.dumps(document), "utf-8")
        found += [option, path]
    return found


@pytest.mark.parametrize("seam", SEAMS)
def test_an_exception_of_a_library_is_one_line(
    arguments: list[str | Path], monkeypatch: pytest.MonkeyPatch, seam: str
) -> None:
    errors = list(raised())
    assert len(errors) > 100
    assert command(*arguments).code == 0
    # of a family, one comes at every seam, and each of the others at one of them
    common = [
        error
        for error in errors
        if type(error) in FAMILIES or not isinstance(error, FAMILIES)
    ]
    assert len(FAMILIES) < len(common) < len(errors) / 2
    for error in common + errors[[*SEAMS].index(seam) :: len(SEAMS)]:

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(*SEAMS[seam], fail)
            done = command(*arguments)
        assert done.code == 1, error
        (line,) = done.errors
        assert "\n" not in line, error
        assert VALUE not in line, error
        assert done.records == {}, error


def test_a_fault_of_the_tap_is_a_traceback(
    arguments: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        message = "a fault"
        raise KeyError(message)

    monkeypatch.setattr(TapMews, "open_streams", fail)
    with pytest.raises(KeyError):
        command(*arguments)
