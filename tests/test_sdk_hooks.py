"""What `tap_mews/sdk/` overrides or calls is still there and still used as it was.

A release of the SDK that fails here needs a look at that module before it is allowed.
"""

from __future__ import annotations

import ast
import inspect
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import AbortedSyncPausedException
from singer_sdk.mapper import CustomStreamMap, PluginMapper, _MapperEval
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.encoding import SimpleSingerWriter

import tap_mews
from tap_mews.errors import TapMewsError
from tap_mews.sdk import load_dotenv
from tap_mews.sdk.messages import SAID_BETTER
from tap_mews.tap import TapMews
from tests.harness import Json, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox import Sandbox

PACKAGE = Path(tap_mews.__file__).parent


# The surface: names and signatures

SIGNATURES: dict[tuple[type, str], str] = {
    (Stream, "get_replication_key_signpost"): "(self, context=None)",
    (Stream, "_increment_stream_state"): "(self, latest_record, *, context=None)",
    (Stream, "_write_starting_replication_value"): "(self, context)",
    (Stream, "_generate_record_messages"): "(self, record)",
    (Stream, "apply_catalog"): "(self, catalog)",
    (Stream, "get_records"): "(self, context)",
    (Stream, "get_batches"): "(self, batch_config, context=None)",
    (Stream, "get_record_counter"): "(self, *, endpoint=None, log_interval=60.0)",
    (Tap, "_validate_config"): "(self, *, raise_errors=True)",
    (Tap, "_handle_termination"): "(self, signum, frame)",
    (Tap, "_setup_signal_handlers"): "(self)",
    (Tap, "load_state"): "(self, state)",
    (Tap, "sync_all"): "(self)",
    (Tap, "write_schemas"): "(self)",
    (Stream, "_write_schema_message"): "(self)",
    (Tap, "setup_mapper"): "(self)",
    (Tap, "append_builtin_config"): "(config_jsonschema)",
    (SimpleSingerWriter, "format_message"): "(self, message)",
    (SimpleSingerWriter, "write_message"): "(self, message)",
    (PluginMapper, "register_raw_stream_schema"): (
        "(self, stream_name, schema, key_properties)"
    ),
    (_MapperEval, "eval"): "(self, expr, previously_parsed=None)",
    (CustomStreamMap, "_eval"): "(self, expr, expr_parsed, record, property_name)",
    (CustomStreamMap, "__init__"): (
        "(self, stream_alias, map_config, faker_config, raw_schema, key_properties, "
        "map_transform, flattening_options, *, stream_name=None)"
    ),
}


def plain(function: Any) -> str:  # noqa: ANN401 - any callable
    """The signature without its types."""
    signature = inspect.signature(function)
    empty = inspect.Parameter.empty
    parameters = [
        each.replace(annotation=empty) for each in signature.parameters.values()
    ]
    return str(
        signature.replace(
            parameters=parameters, return_annotation=inspect.Signature.empty
        )
    )


@pytest.mark.parametrize(
    ("owner", "name"), SIGNATURES, ids=[name for _, name in SIGNATURES]
)
def test_what_is_overridden_has_the_signature_it_had(owner: type, name: str) -> None:
    assert plain(getattr(owner, name)) == SIGNATURES[owner, name]


def test_nothing_private_of_the_sdk_is_used_outside_of_one_package() -> None:
    private = {
        name
        for owner in (Stream, Tap, SimpleSingerWriter)
        for name, member in inspect.getmembers(owner)
        if name.startswith("_")
        and not name.startswith("__")
        and (callable(member) or isinstance(member, property))
    }
    assert "_increment_stream_state" in private
    used = {
        f"{path.relative_to(PACKAGE)}: {node.attr}"
        for path in PACKAGE.rglob("*.py")
        if "sdk" not in path.parts[-2:]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in private
    }
    assert used == set()


# The places where the SDK calls what is overridden


class Calls(Stream):
    """A stream of the SDK's that notes which of its hooks are called, in order."""

    name = "calls"
    primary_keys = ("Id",)
    replication_key = "At"
    schema: ClassVar[Json] = {
        "type": "object",
        "properties": {
            "Id": {"type": "string"},
            "At": {"type": "string", "format": "date-time"},
        },
    }

    def __init__(self, tap: Tap) -> None:
        """Note nothing yet."""
        super().__init__(tap)
        self.calls: list[str] = []

    def get_records(self, context: object) -> Iterable[Json]:
        """Give two records."""
        del context
        self.calls.append("get_records")
        for number in (1, 2):
            self.calls.append(f"yield {number}")
            yield {"Id": str(number), "At": "2026-01-01T00:00:00Z"}
            self.calls.append(f"back from {number}")

    def get_replication_key_signpost(self, context: Any = None) -> None:  # noqa: ANN401
        """Note the call."""
        del context
        self.calls.append("signpost")

    def _write_schema_message(self) -> None:
        self.calls.append("schema")

    def _write_starting_replication_value(self, context: Any) -> None:  # noqa: ANN401
        del context
        self.calls.append("starting value")

    def _increment_stream_state(self, latest_record: Any, **_: Any) -> None:  # noqa: ANN401
        self.calls.append(f"increment {latest_record['Id']}")

    def _generate_record_messages(self, record: Any) -> Iterator[Any]:  # type: ignore[override]  # noqa: ANN401
        self.calls.append(f"message {record['Id']}")
        yield from super()._generate_record_messages(record)

    def get_record_counter(self, **kwargs: Any) -> Any:  # noqa: ANN401
        """Note the call."""
        self.calls.append("counter")
        return super().get_record_counter(**kwargs)


class CallsTap(Tap):
    """A tap of the SDK's with that stream."""

    name = "calls"
    config_jsonschema: ClassVar[Json] = {"type": "object", "properties": {}}

    def discover_streams(self) -> list[Stream]:
        """One stream."""
        return [Calls(self)]


@pytest.fixture
def calls() -> Calls:
    """The stream of a new tap."""
    stream = CallsTap().streams["calls"]
    assert isinstance(stream, Calls)
    return stream


def test_the_sdk_calls_each_hook_where_it_did(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    calls.sync()
    capsys.readouterr()
    assert calls.calls == [
        "signpost",
        "schema",
        "counter",
        "starting value",
        "get_records",
        "yield 1",
        "message 1",
        "increment 1",
        "back from 1",
        "yield 2",
        "message 2",
        "increment 2",
        "back from 2",
    ]


def test_the_sdk_has_written_a_record_when_it_asks_for_the_next_one(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bookmark that moves after the last record of a window rests on this."""
    written: list[str] = []
    original = calls.get_records

    def watched(context: object) -> Iterable[Json]:
        for record in original(context):
            yield record
            written.append(capsys.readouterr().out)

    calls.get_records = watched  # type: ignore[method-assign]
    calls.sync()
    assert ['"Id":"1"' in written[0], '"Id":"2"' in written[1]] == [True, True]


def test_the_sdk_tells_a_dry_run_by_the_record_count(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calls.ABORT_AT_RECORD_COUNT is None
    calls.ABORT_AT_RECORD_COUNT = 1
    with pytest.raises(AbortedSyncPausedException):
        calls.sync()
    assert capsys.readouterr().out.count('"RECORD"') == 1


def test_the_sdk_writes_a_state_once(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    """Streams emit the state after each window, changed or not."""
    tap = calls._tap
    for value in (1, 1, 2):
        tap.state_writer.write_state({"bookmarks": {"calls": {"a": value}}})
    assert capsys.readouterr().out.count('"STATE"') == 2


def test_words_that_are_said_better_are_those_of_the_sdk() -> None:
    classes = (Stream, Tap, PluginBase)
    source = "".join(inspect.getsource(each) for each in classes)
    assert all(words in source for words in SAID_BETTER)


def test_the_filter_keeps_those_words_and_no_others_out(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    tap = TapMews(config=sandbox.config())
    logger = tap.streams["bills"].logger
    for words in (*SAID_BETTER, "Something else"):
        logger.error(words)
    told = [each.getMessage() for each in caplog.records if each.name == logger.name]
    assert told == ["Something else"]


def test_the_sdk_checks_settings_through_the_hook(sandbox: Sandbox) -> None:
    with pytest.raises(TapMewsError, match="Wrong settings"):
        TapMews(config=sandbox.config(page_size=0))
    TapMews(config={}, validate_config=False)


def test_the_sdk_announces_no_version_before_the_rows(sandbox: Sandbox) -> None:
    """A target would drop the rows of what cannot be read in the run."""
    catalog: Json = json.loads(json.dumps(select("bills")))
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    config = sandbox.config(emit_activate_version_messages=True)
    result = sync(config, catalog=catalog).ok()
    assert result.records["bills"]
    assert {each["type"] for each in result.messages} == {"SCHEMA", "RECORD", "STATE"}
    assert not any("version" in each for each in result.messages)


def test_variables_of_a_dotenv_file_are_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("TAP_MEWS_CLIENT_NAME=Nightly\n", "utf-8")
    folder = tmp_path / "jobs"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TAP_MEWS_CLIENT_NAME", "another")
    load_dotenv()
    assert os.environ["TAP_MEWS_CLIENT_NAME"] == "Nightly"


def test_loggers_are_named_as_the_sdk_names_them() -> None:
    tap = TapMews(validate_config=False)
    assert tap.streams["bills"].logger is logging.getLogger("tap-mews.bills")
