"""The SDK's private surface that this tap depends on, all of it.

The SDK moves a bookmark with each record; here only whole windows move it. The hooks of
the stream turn that off and pick the way that a record takes. Those of the tap keep the
values of settings out of messages, let a signal end a message properly, and see how a
run ends.

`tests/test_sdk_hooks.py` fails when a release of the SDK changes one of them.
"""

from __future__ import annotations

import abc
import signal
import threading
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from jsonschema import Draft202012Validator, SchemaError
from singer_sdk import Stream, Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.mapper import CustomStreamMap, PluginMapper, SameRecordTransform
from singer_sdk.singerlib import Metadata

from tap_mews.errors import InvalidFileError, InvalidSettingsError
from tap_mews.settings.mapping import (
    RowEvaluator,
    as_mapped,
    check_output,
    columns_of,
    hollow_objects,
    language,
)
from tap_mews.settings.stream_maps import EMPTY, StreamMaps

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.mapper import StreamMap
    from singer_sdk.metrics import Counter
    from singer_sdk.singerlib import Catalog, RecordMessage

    from tap_mews.state_output import StateOutput

SAID_BETTER = (
    # the error itself names the stream and what to do, in one line
    "An unhandled error occurred while syncing",
    # most streams have begun long before their turn, and the summary lists what came
    "Beginning sync of",
    # one line for each stream that nobody wanted
    "Skipping deselected stream",
    # the environment is read, though not by the SDK
    "Skipping parse of env var settings",
)


def load_dotenv() -> None:
    """Add the variables of `.env` to the environment, of this folder or one above.

    The SDK would begin to look where it is installed.

    Raises:
        InvalidFileError: The file cannot be read.
    """
    folder = Path.cwd()
    places = (each / ".env" for each in (folder, *folder.parents))
    path = next((each for each in places if each.is_file()), None)
    if path is None:
        return
    try:
        parse_environment_config({}, "", path)
    except (OSError, UnicodeError) as error:
        msg = f".env cannot be read ({type(error).__name__}); save it as UTF-8"
        raise InvalidFileError(msg) from None


class GuardedTap(Tap):
    """A tap that checks its settings and ends by a signal in its own way."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the tap as the SDK does."""
        self._maps: dict[str, Any] = {}
        type(self).logger.addFilter(_is_ours_to_say)
        super().__init__(**kwargs)
        self._state_writer: StateOutput = self.new_state_writer()
        self._take_signals()

    @property
    def state_writer(self) -> StateOutput:
        """What emits the state."""
        return self._state_writer

    @abc.abstractmethod
    def check_settings(self, config: dict[str, Any]) -> None:
        """Refuse wrong settings, in words that do not quote a value."""

    @abc.abstractmethod
    def learn_secrets(self, config: dict[str, Any]) -> None:
        """Look at what must not be shown; called first of all."""

    @abc.abstractmethod
    def stop(self, signum: int) -> None:
        """End the process, as a signal asks for."""

    @abc.abstractmethod
    def new_state_writer(self) -> StateOutput:
        """Make what emits the state."""

    @abc.abstractmethod
    def around_sync(self) -> AbstractContextManager[None]:
        """What goes on around the reading of all streams, and sees how that ends."""

    def sync_all(self) -> None:  # type: ignore[misc] # final: there is no other hook
        """Sync all streams, by command or in process; `--test` does not come here."""
        with self.around_sync():
            super().sync_all()

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.learn_secrets(self._config)
        self.append_builtin_config(self.config_jsonschema)
        if raise_errors:
            self.check_settings(self._config)
        return []

    _env_var_config: ClassVar[dict[str, Any]] = {}
    """What the SDK reads from the environment: nothing, since it guesses."""

    def setup_mapper(self) -> None:
        """Check and set up stream maps and flattening.

        The SDK would register all streams as the catalog has them. Here each stream
        settles what the catalog says of it, and only what is selected is registered.

        Raises:
            InvalidFileError: The catalog selects nothing.
            InvalidSettingsError: Maps or flattening cannot be applied to the streams.
        """
        selected = [
            stream
            for stream in self.streams.values()
            if stream.selected and isinstance(stream, WindowedStream)
        ]
        if not selected and self.input_catalog is not None:
            msg = "Nothing is selected: the catalog must select at least one stream"
            raise InvalidFileError(msg)
        maps = self.config.get("stream_maps")
        if maps:
            self._check_maps(maps)
        elif maps is not None:
            self.logger.warning("stream_maps %s", EMPTY)
        self.mapper = self.new_mapper()
        outputs: list[StreamMap] = []
        for stream in selected:
            if hollow := hollow_objects(stream):
                self.logger.warning(
                    "%s: objects selected without their properties are empty: %s; to "
                    "select the properties, use %s",
                    stream.name,
                    ", ".join(hollow),
                    ", ".join(f"{stream.name}.{each}.*" for each in hollow),
                )
            try:
                outputs += stream.stream_maps
            except ValueError:
                if not self.config.get("flattening_enabled"):
                    raise
                cure = "increase flattening_max_key_length"
                if not self._is_flat_without_limit(stream):
                    cure = "set another flattening_separator, such as __"
                msg = (
                    f"{stream.name}: flattening gives two properties the same name; "
                    f"{cure}"
                )
                raise InvalidSettingsError(msg) from None
        check_output(outputs)

    def _is_flat_without_limit(self, stream: WindowedStream) -> bool:
        """Whether a stream can be flattened once names may be of any length."""
        try:
            stream.register_in(self.new_mapper(shortens=False))
        except ValueError:
            return False
        return True

    def write_schemas(self) -> None:  # type: ignore[misc] # as in `sync_all`
        """Write the schemas of what a catalog selects; of all streams without one."""
        for stream in self.streams.values():
            if self.input_catalog is None:
                stream.selected = True
            if stream.selected:
                stream._write_schema_message()  # noqa: SLF001 - as the SDK does

    def new_mapper(
        self, *, flattens: bool = True, shortens: bool = True
    ) -> PluginMapper:
        """Make a mapper without streams.

        Args:
            flattens: Whether it may flatten records.
            shortens: Whether flattened names have the length that is set at most.
        """
        config = {
            name: value for name, value in self.config.items() if value is not None
        }
        # a copy, since the SDK takes `__else__` out of it
        config["stream_maps"] = deepcopy(self._maps)
        if not flattens:
            config["flattening_enabled"] = False
        if not shortens:
            config.pop("flattening_max_key_length", None)
        return PluginMapper(config, self.logger)

    def _check_maps(self, maps: dict[str, Any]) -> None:
        """Refuse maps that name what there is not, and warn of personal data."""
        streams = [as_mapped(stream) for stream in self.streams.values()]
        config = self.config.get("stream_map_config") or {}
        checked = StreamMaps(maps, config, streams, language())
        if wrong := list(checked.problems()):
            msg = "Wrong settings: " + "; ".join(wrong)
            raise InvalidSettingsError(msg)
        for warning in checked.warnings():
            self.logger.warning("%s", warning)
        self._maps = checked.with_keys()

    def _setup_signal_handlers(self) -> None:
        """Nothing yet: what a signal is to end properly is not there before."""

    def _take_signals(self) -> None:
        """Stop as well when the terminal goes away, unless `nohup` forbids that."""
        super()._setup_signal_handlers()
        hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
        is_main = threading.current_thread() is threading.main_thread()
        if hang_up and is_main and signal.getsignal(hang_up) is not signal.SIG_IGN:
            signal.signal(hang_up, self._handle_termination)

    def _handle_termination(self, signum: int, frame: object) -> None:
        del frame
        self.stop(signum)


class WindowedStream(Stream):
    """A stream whose bookmark belongs to windows, not to records."""

    _tap: GuardedTap

    def __init__(self, tap: GuardedTap, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the stream as the SDK does, less the words that are wrong for it."""
        self._is_left_out = False
        super().__init__(tap, **kwargs)
        self.logger.addFilter(_is_ours_to_say)

    @abc.abstractmethod
    def prepare(self) -> None:
        """Do what must be done before the first message of the stream is out."""

    def leave_out(self) -> None:
        """Read nothing of this stream in this run."""
        self._is_left_out = True

    @property
    def selected(self) -> bool:
        """Whether the stream is to be read."""
        catalog = self._tap.input_catalog
        if self._is_left_out or (catalog is not None and self.name not in catalog):
            # found without making metadata of the schema, which is not needed then
            return False
        return super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        # `--test` selects all streams; it is to test what a run would read
        if not self.is_dry_run:
            Stream.selected.fset(self, value)  # type: ignore[attr-defined]

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog says; what it does not say is as the stream has it.

        The SDK takes a missing key for none, a missing replication key for a full table
        and a missing schema for one without properties. It looks at
        `table-key-properties` only where the entry itself has no key, and an entry that
        was discovered has one.

        Raises:
            InvalidFileError: The stream cannot be read like that.
        """
        keys, replication_key = self.primary_keys, self.replication_key
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        if entry is None:
            return
        # discovery writes the stream's own key to both places; the other is the user's
        places = (entry.metadata.root.table_key_properties, entry.key_properties)
        named = {tuple(each) for each in places if each} - {tuple(keys)}
        if len(named) > 1:
            msg = f"The catalog: {self.name} has two different keys; remove one"
            raise InvalidFileError(msg)
        self.primary_keys = next(iter(named), tuple(keys))
        if self.replication_key not in {None, replication_key}:
            msg = (
                f"The catalog: the replication key of {self.name} must be "
                f"{replication_key}"
            )
            raise InvalidFileError(msg)
        self.replication_key = replication_key
        if not entry.schema.properties:
            self._input_schema = None
        elif self._input_schema != self.schema:
            try:
                Draft202012Validator.check_schema(self.effective_schema)
            except SchemaError as error:
                where = ".".join(str(part) for part in error.absolute_path)
                msg = f"The catalog: the schema of {self.name} is invalid at {where}"
                raise InvalidFileError(msg) from None
        properties = self.effective_schema["properties"]
        for key in self.primary_keys:
            if key not in properties:
                msg = f"The catalog: {self.name} has no property {key} to use as key"
                raise InvalidFileError(msg)
        for key in {*self.primary_keys, replication_key} & properties.keys():
            automatic = Metadata(Metadata.InclusionType.AUTOMATIC)
            entry.metadata["properties", key] = automatic

    @property
    def stream_maps(self) -> list[StreamMap]:
        """What goes out of the stream; registered when it is first needed."""
        if self._stream_maps is None:
            self.register_in(self._tap.mapper)
            found = super().stream_maps
            flattens = any(each.flattening_enabled for each in found)
            unflattened = self._unflattened if flattens else found
            for each, before in zip(found, unflattened, strict=True):
                if isinstance(each, CustomStreamMap):
                    RowEvaluator(
                        each,
                        self.effective_schema["properties"],
                        before.transformed_schema["properties"],
                        self._tap.config["stream_maps"],
                    )
        return super().stream_maps

    def register_in(self, mapper: PluginMapper) -> None:
        """Let a mapper know what is selected of the stream."""
        schema = self.effective_schema
        if not all(self.mask.values()):
            schema = get_selected_schema(self.name, schema, self.mask)
        mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)

    @property
    def partitions(self) -> None:
        """None for the SDK's loop: a reader goes through the properties itself."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No limit by this machine's clock: windows end by the server's.

        The SDK asks for it before anything of the stream is out.
        """
        del context
        self.prepare()

    def _increment_stream_state(
        self,
        latest_record: Record,
        *,
        context: Context | None = None,
    ) -> None:
        """A record moves nothing."""

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """The bookmark itself is read; the state needs no copy of it."""

    def get_record_counter(self, **kwargs: Any) -> Counter:  # noqa: ANN401
        """The SDK's counter, kept so that rows that it does not see are counted."""
        self.counter = super().get_record_counter(**kwargs)
        return self.counter

    def write_state(self) -> None:
        """Emit the state if it has changed since it was last emitted."""
        self._tap.state_writer.write_state(self.tap_state)

    @property
    def is_dry_run(self) -> bool:
        """Whether the SDK stops after some records, as `--test` does."""
        return self.ABORT_AT_RECORD_COUNT is not None

    @property
    def version(self) -> int | None:
        """What ACTIVATE_VERSION announced, if it did."""
        return self._stream_version

    def begin_version(self) -> None:
        """Let the records that follow carry the version of this run.

        Seconds, as the SDK has them: milliseconds do not fit in an INTEGER column.
        """
        self._stream_version = self._initialized_at // 1000

    def announce_version(self) -> None:
        """Let targets drop what has an older version; the SDK would do it before."""
        if self._stream_version is not None:
            self._write_activate_version_message(self._stream_version)

    @property
    def passes_rows_on(self) -> bool:
        """Whether a row can stay as it came: nothing maps, flattens or deselects it."""
        if self.is_dry_run or len(self.stream_maps) != 1:
            return False
        stream_map = self.stream_maps[0]
        return (
            type(stream_map) is SameRecordTransform
            and not stream_map.flattening_enabled
            and stream_map.transformed_schema == self.effective_schema
        )

    def _generate_record_messages(
        self, record: Record
    ) -> Generator[RecordMessage, None, None]:
        """As the SDK, with columns of null where an object that is flattened is null.

        The SDK leaves the object's own name there, which is not in the schema.
        """
        for message in super()._generate_record_messages(record):
            flattened = self._flattened.get(message.stream, {})
            for name in flattened.keys() & message.record.keys():
                if message.record[name] is None:
                    del message.record[name]
                    message.record.update(dict.fromkeys(flattened[name]))
            yield message

    @cached_property
    def _unflattened(self) -> list[StreamMap]:
        """What goes out of the stream, before any of it is flattened."""
        mapper = self._tap.new_mapper(flattens=False)
        self.register_in(mapper)
        return mapper.stream_maps[self.name]

    @cached_property
    def _flattened(self) -> dict[str, dict[str, list[str]]]:
        """By stream and name of each object that is flattened, its columns."""
        found: dict[str, dict[str, list[str]]] = {}
        for each, before in zip(self.stream_maps, self._unflattened, strict=True):
            if each.flattening_options and each.flattening_enabled:
                objects = found[each.stream_alias] = {}
                columns_of(before.transformed_schema, each.flattening_options, objects)
        return found

    def mapped(self, record: Record) -> list[tuple[str, Record]]:
        """What stream maps and selection make of a record, with the streams' names."""
        return [
            (message.stream, message.record)
            for message in self._generate_record_messages(record)
        ]


def _is_ours_to_say(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(SAID_BETTER)
