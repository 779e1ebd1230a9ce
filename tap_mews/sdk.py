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
from collections import defaultdict
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream, Tap
from singer_sdk.mapper import SameRecordTransform

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.metrics import Counter
    from singer_sdk.singerlib import Catalog, RecordMessage

SAID_BETTER = (
    # the error itself names the stream and what to do, in one line
    "An unhandled error occurred while syncing",
)


class GuardedTap(Tap):
    """A tap that checks its settings and ends by a signal in its own way."""

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

    def setup_mapper(self) -> None:
        """Set up stream maps, which take the keys from the catalog."""
        if self.input_catalog:
            # made now, the streams settle first what the catalog says
            _ = self.streams
        super().setup_mapper()

    def _setup_signal_handlers(self) -> None:
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

    def __init__(self, tap: Tap, **kwargs: Any) -> None:  # noqa: ANN401
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
        return super().selected and not self._is_left_out

    @selected.setter
    def selected(self, value: bool | None) -> None:
        # `--test` selects all streams; a catalog of the user's says which ones matter
        if not (self.is_dry_run and self._tap.input_catalog):
            Stream.selected.fset(self, value)  # type: ignore[attr-defined]

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog says; its metadata can name another key.

        The SDK looks at `table-key-properties` only where the entry itself has no key,
        and an entry that was discovered has one.
        """
        entry = catalog.get_stream(self.name)
        named = entry.metadata.root.table_key_properties if entry else None
        if entry and named and tuple(named) != tuple(self.primary_keys):
            # for the stream, and for the stream maps that write its SCHEMA
            entry.key_properties = named
        super().apply_catalog(catalog)

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
    def _flattened(self) -> dict[str, dict[str, list[str]]]:
        """By stream and name of each object that is flattened, its columns."""
        found: dict[str, dict[str, list[str]]] = {}
        for stream_map in self.stream_maps:
            options = stream_map.flattening_options
            if not options or not stream_map.flattening_enabled:
                continue
            columns = stream_map.transformed_schema["properties"]
            objects = found[stream_map.stream_alias] = defaultdict(list)
            for column in columns:
                *parts, _ = column.split(options.separator)
                for name in accumulate(parts, f"{{}}{options.separator}{{}}".format):
                    if name not in columns:
                        objects[name].append(column)
        return found

    def mapped(self, record: Record) -> list[tuple[str, Record]]:
        """What stream maps and selection make of a record, with the streams' names."""
        return [
            (message.stream, message.record)
            for message in self._generate_record_messages(record)
        ]


def _is_ours_to_say(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(SAID_BETTER)
