"""The tap: its settings and streams."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib import Catalog

from tap_mews.api.redaction import REDACTOR
from tap_mews.api.redaction import install as install_redaction
from tap_mews.cli.entry import CommandLineTap
from tap_mews.cli.progress_bar import progress_bar
from tap_mews.cli.report import reported
from tap_mews.clock import Clock
from tap_mews.errors import OutputError
from tap_mews.reading.bookmarks import EMPTY
from tap_mews.reading.state_form import shortened
from tap_mews.reading.state_input import KnownStream, read_state
from tap_mews.records.writer import MessageWriter
from tap_mews.sdk import load_dotenv
from tap_mews.settings import CONFIG, Settings
from tap_mews.settings.catalog import read_catalog
from tap_mews.settings.environment import (
    check_log,
    check_meltano,
    read_environment,
    unknown_variables,
    variable_of,
)
from tap_mews.settings.rules import looks_like_token
from tap_mews.settings.values import trimmed
from tap_mews.state_output import StateOutput
from tap_mews.streams import STREAMS
from tap_mews.streams.base import MewsStream
from tap_mews.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import Stream

    from tap_mews.run import Run


def _streams(config: Mapping[str, Any]) -> Iterator[type[MewsStream]]:
    """The streams that the catalog has with these settings, checked or not."""
    has_sensitive = config.get("sensitive_streams") is True
    return (each for each in STREAMS if has_sensitive or not each.is_sensitive)


class TapMews(CommandLineTap):
    """Singer tap for the Mews Connector API: hotel data, complete and current."""

    name = "tap-mews"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG
    message_writer_class = MessageWriter
    message_writer: MessageWriter

    clock: ClassVar[Clock] = Clock()
    """Time and sleep; a test can put one in its place that does not wait."""

    settings: Settings

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        catalog: dict[str, Any] | Catalog | None = None,
        state: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Init the tap as the SDK does, with secrets kept out of all logs.

        Args:
            config: The settings.
            catalog: What to read; all streams unless given.
            state: Of an earlier run.
            parse_env_config: Whether environment variables are settings, too.
            kwargs: As of the SDK's class.

        Raises:
            InvalidFileError: The catalog cannot be understood.
            InvalidSettingsError: A setting or a variable is wrong.
            InvalidStateError: The state cannot be understood.
        """
        install_redaction()
        self._opened = self._is_syncing = False
        self._stopped_by: int | None = None
        self._labels: dict[str, str] = {}
        check_log(os.environ)
        config = config or {}
        if parse_env_config:
            config = self._with_environment(config)
        if catalog is not None and not isinstance(catalog, Catalog):
            names = {stream.name for stream in _streams(config)}
            left_out = {stream.name for stream in STREAMS} - names
            catalog = read_catalog(catalog, names, left_out)
        super().__init__(
            config=config,
            catalog=catalog,
            state=state,
            parse_env_config=parse_env_config,
            **kwargs,
        )

    def _with_environment(self, config: dict[str, Any]) -> dict[str, Any]:
        """The settings with those of environment variables, which overrule files."""
        load_dotenv()
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        for variable in unknown_variables(os.environ, schema):
            self.logger.warning("%s is not a setting and has no effect", variable)
        found = read_environment(os.environ, schema)
        self._labels = {name: variable_of(name) for name in found}
        return {**config, **found}

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, of which BATCH files offer only what is written."""
        super().append_builtin_config(config_jsonschema)
        batch = config_jsonschema["properties"]["batch_config"]
        batch["properties"]["encoding"]["properties"]["format"]["enum"] = ["jsonl"]

    def discover_streams(self) -> list[Stream]:
        """All streams, whatever the tokens may read: discovery asks nobody."""
        return [stream(self) for stream in _streams(self.config)]

    def load_state(self, state: object) -> None:
        """Take the state of an earlier run, whatever is around it.

        Raises:
            InvalidStateError: It cannot be understood, or is not of this tap.
        """
        streams = {
            stream.name: KnownStream(
                {*EMPTY} | ({"partitions"} if stream.partition_key else set()),
                stream.replication_key,
                stream.partition_key,
            )
            for stream in STREAMS
        }
        super().load_state(read_state(state, streams))
        cut = [each.name for each in self.selected_streams if each.starts_too_late()]
        if cut:
            self.logger.warning(
                "start_date is earlier than it was in a previous run; this run does "
                "not read the earlier rows. To backfill, remove these streams from the "
                "state: %s",
                ", ".join(cut),
            )

    @cached_property
    def run(self) -> Run:
        """What the streams share; made when the first of them is read."""
        # discovery and --about have no use for HTTP, nor for the time it takes to load
        from tap_mews.run import Run  # noqa: PLC0415

        return Run(
            self.settings, self.clock, self.flush_state, self.state_writer.write_due
        )

    def new_state_writer(self) -> StateOutput:
        """What emits the state: in its short form, and not with every window."""
        return StateOutput(self.message_writer, self.clock, shortened)

    def flush_state(self) -> None:
        """Emit the state at once if it has changed since it was last emitted."""
        self.state_writer.write_state(self.state)
        self.state_writer.flush()

    @property
    def selected_streams(self) -> list[MewsStream]:
        """What is to be read: selected, and not left out."""
        return [
            stream
            for stream in self.streams.values()
            if stream.selected and isinstance(stream, MewsStream)
        ]

    def open_streams(self) -> None:
        """Begin to read all selected streams, once it is clear that all may be read.

        Raises:
            TapMewsError: As the functions of `preflight`.
        """
        # as for the run: discovery has no use for it
        from tap_mews.preflight import open_streams  # noqa: PLC0415

        if self._opened:
            return
        self._opened = True
        for stream in self.selected_streams:
            if stream.moves_bookmark:
                stream.bookmarks.begin()
        open_streams(self.selected_streams, self.run)

    @contextmanager
    def around_sync(self) -> Iterator[None]:
        """Show how far the run is while it lasts, and report it when it has ended."""
        record = self.run.record
        record.streams = {each.name: each.record for each in self.selected_streams}
        path = self.settings.report_path
        self._is_syncing = True
        try:
            with (
                reported(record, path, self.logger),
                progress_bar(record),
                self._final_state(),
            ):
                yield
                self.run.check_failures()
        finally:
            self.run.close()
            self._is_syncing = False
            self._log_stop()

    def run_connection_test(self) -> bool:  # type: ignore[misc] # as in `sync_all`
        """Test what a run would read, one cheap request a stream, and give a verdict.

        Raises:
            TapMewsError: Something cannot be read.
        """
        self.message_writer.is_silent = True
        wanted = self.selected_streams
        done = super().run_connection_test()
        left_out = [each.name for each in wanted if not each.selected]
        readable = len(wanted) - len(left_out)
        message = f"{readable} of {len(wanted)} streams can be read"
        if left_out:
            message += f"; skipped: {', '.join(left_out)}"
        self.logger.info("%s", message)
        return done

    @contextmanager
    def _final_state(self) -> Iterator[None]:
        """Emit what is delivered, however the reading ends."""
        try:
            yield
        except (OutputError, BrokenPipeError):
            raise
        except Exception:
            self._end_in_state()
            raise
        self._end_in_state()

    def _end_in_state(self) -> None:
        """Make a STATE the last message: target-jsonl returns no other.

        Streams without a bookmark emit none after their rows.
        """
        self.state_writer.flush()
        if not self.message_writer.ends_in_state:
            self.state_writer.repeat()

    def learn_secrets(self, config: dict[str, Any]) -> None:
        """Let no log show the tokens."""
        tokens = [config.get("client_token"), config.get("access_token")]
        many = config.get("access_tokens")
        if isinstance(many, dict):
            # a token can stand in the place of its name by mistake
            tokens += [*many.values(), *filter(looks_like_token, many)]
        else:
            tokens += many if isinstance(many, list) else [many]
        REDACTOR.learn(str(token).strip() for token in tokens if token)

    def check_settings(self, config: dict[str, Any]) -> None:
        """Read the settings.

        Raises:
            InvalidSettingsError: Some are wrong.
        """
        known = self.config_jsonschema["properties"].keys()
        for name in config.keys() - known:
            meant = did_you_mean(name, known)
            self.logger.warning("Unknown setting %r has no effect%s", name, meant)
        check_meltano(os.environ, config)
        self.settings = Settings.load(config, self.config_jsonschema, self._labels)
        for name, value in config.items():
            if trimmed(name, value) != value:
                message = "%s: removed white space around the value"
                self.logger.warning(message, self._labels.get(name, name))

    def stop(self, signum: int) -> None:
        """End soon; the state that is out is good, and files go at exit."""
        self._stopped_by = signum
        if self._is_syncing:
            # a target that does not read holds up the end of the line
            self.logger.info("Signal %d: stopping", signum)
        else:
            self._log_stop()
        self.message_writer.stop(128 + signum)

    def _log_stop(self) -> None:
        """Log the signal that stopped the run, if one did; nothing comes after."""
        if self._stopped_by is not None:
            message = "Stopped by signal %d; the next run resumes from the last state"
            self.logger.warning(message, self._stopped_by)
