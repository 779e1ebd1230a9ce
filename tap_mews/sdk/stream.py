"""A stream whose bookmark belongs to windows, and the way that a record takes."""

from __future__ import annotations

import abc
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, SchemaError
from singer_sdk import Stream
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.mapper import CustomStreamMap, PluginMapper, SameRecordTransform
from singer_sdk.singerlib import Metadata

from tap_mews.errors import InvalidFileError
from tap_mews.sdk.mapping import (
    RowEvaluator,
    columns_of,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.mapper import StreamMap
    from singer_sdk.metrics import Counter
    from singer_sdk.singerlib import Catalog, RecordMessage

    from tap_mews.sdk.mapped_tap import MappedTap


from tap_mews.sdk.messages import is_wanted


class WindowedStream(Stream):
    """A stream whose bookmark belongs to windows, not to records."""

    _tap: MappedTap

    def __init__(self, tap: MappedTap, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the stream as the SDK does, less the words that are wrong for it."""
        self._is_left_out = False
        super().__init__(tap, **kwargs)
        self.logger.addFilter(is_wanted)

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
        named_keys = {self.replication_key, entry.metadata.root.replication_key}
        self.replication_key = replication_key
        self._check_replication_key(named_keys)
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

    def _check_replication_key(self, named: set[str | None]) -> None:
        own = self.replication_key
        if named <= {None, own}:
            return
        if own is None:
            msg = f"The catalog: {self.name} has no replication key; remove it"
        else:
            msg = f"The catalog: the replication key of {self.name} must be {own}"
        raise InvalidFileError(msg)

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
    def emit_activate_version_messages(self) -> bool:
        """The SDK would announce a version before the rows, whatever comes of them."""
        return False

    @property
    def version(self) -> int | None:
        """What the records carry and ACTIVATE_VERSION announces after them, if any."""
        return self._stream_version

    def begin_version(self) -> None:
        """Let the records that follow carry the version of this run.

        Seconds, as the SDK has them: milliseconds do not fit in an INTEGER column.
        """
        self._stream_version = self._initialized_at // 1000

    def announce_version(self) -> None:
        """Let targets drop what has an older version."""
        if self._stream_version is not None:
            self._write_activate_version_message(self._stream_version)

    @cached_property
    def passes_rows_on(self) -> bool:
        """Whether a row can stay as it came: nothing maps, flattens or deselects it.

        Settled once, when reading begins.
        """
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
