"""The tap: its settings and streams."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue

from tap_mews.api.redaction import REDACTOR
from tap_mews.api.redaction import install as install_redaction
from tap_mews.cli.command import ENDED, MewsCommand, check_object, checked_file
from tap_mews.cli.progress_bar import Display, can_show
from tap_mews.cli.report import Report
from tap_mews.clock import Clock
from tap_mews.errors import (
    InvalidSettingsError,
    InvalidStateError,
    ReportError,
    TapMewsError,
)
from tap_mews.records.writer import MessageWriter
from tap_mews.sdk import GuardedTap
from tap_mews.settings import CONFIG, Settings
from tap_mews.settings.rules import wrong_in_environment
from tap_mews.streams import entities
from tap_mews.streams.base import MewsStream
from tap_mews.streams.companionships import Companionships
from tap_mews.streams.enterprises import Enterprises
from tap_mews.streams.source_assignments import (
    ReservationGroupSourceAssignments,
    SourceAssignments,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

    from tap_mews.run import Run

STREAMS: tuple[type[MewsStream], ...] = (
    entities.AvailabilityAdjustments,
    entities.AvailabilityBlocks,
    entities.Bills,
    entities.Companies,
    Companionships,
    entities.Customers,
    Enterprises,
    entities.LedgerEntries,
    entities.OrderItems,
    entities.Payments,
    ReservationGroupSourceAssignments,
    entities.Reservations,
    entities.ResourceBlocks,
    SourceAssignments,
)


class TapMews(GuardedTap):
    """Singer tap for the Mews Connector API: hotel data, complete and current."""

    name = "tap-mews"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG
    message_writer_class = MessageWriter
    message_writer: MessageWriter

    clock: ClassVar[Clock] = Clock()
    """Time and sleep; a test can put one in its place that does not wait."""

    settings: Settings

    reading: MewsStream | None = None
    """The stream that is being read."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the tap as the SDK does, with secrets kept out of all logs."""
        install_redaction()
        self._opened = self._reported = False
        self._began = datetime.now(timezone.utc)
        if kwargs.get("parse_env_config"):
            self._check_environment()
        super().__init__(**kwargs)

    def _check_environment(self) -> None:
        """Refuse variables that the SDK would stumble over, quoting their values."""
        schema = self.config_jsonschema
        wrong = list(wrong_in_environment(os.environ, "TAP_MEWS_", schema))
        if wrong:
            msg = "Wrong settings: " + "; ".join(wrong)
            raise InvalidSettingsError(msg)

    def discover_streams(self) -> list[Stream]:
        """All streams, whatever the tokens may read: discovery asks nobody."""
        return [stream(self) for stream in STREAMS]

    def load_state(self, state: dict[str, Any]) -> None:
        """Take the state of an earlier run.

        Raises:
            InvalidStateError: It is no Singer state.
        """
        bookmarks = state.get("bookmarks", {})
        if not isinstance(bookmarks, dict) or not all(
            isinstance(bookmark, dict) for bookmark in bookmarks.values()
        ):
            msg = (
                "The state cannot be read: `bookmarks` must hold an object for each "
                "stream; repair it, or run without it to start anew"
            )
            raise InvalidStateError(msg)
        super().load_state(state)

    @cached_property
    def run(self) -> Run:
        """What the streams share; made when the first of them is read."""
        # discovery and --about have no use for HTTP, nor for the time it takes to load
        from tap_mews.run import Run  # noqa: PLC0415

        return Run(self.settings, self.clock)

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
        command = None if self._is_dry_run else click.get_current_context(silent=True)
        if command is not None:
            command.meta[ENDED] = self.end_report
        try:
            for stream in self.selected_streams:
                stream.check_stream_maps()
            open_streams(
                self.check_access(self.selected_streams),
                self.run.connection,
                skip_unauthorized=self.settings.skip_unauthorized_streams,
            )
        except TapMewsError as error:
            if not self._is_dry_run:
                self.end_report(error)
            raise
        if command is not None and can_show():
            command.with_resource(Display(self))

    @property
    def _is_dry_run(self) -> bool:
        return any(stream.is_dry_run for stream in self.selected_streams)

    def end_report(
        self, error: BaseException | None, stream: str | None = None
    ) -> None:
        """Tell what the run has read, once.

        Args:
            error: What ended the run before its time, if something did.
            stream: The stream that was being read then.

        Raises:
            ReportError: The file cannot be written, and nothing else is wrong.
        """
        if self._reported:
            return
        self._reported = True
        streams = self.selected_streams
        for meters in (self.run.meters, *(each.meters for each in streams)):
            meters.exit()
        report = Report(self._began, self.run.account, streams, error, stream)
        for line in report.table().splitlines():
            self.logger.info("%s", line)
        path = self.settings.report_path
        if path is not None:
            try:
                report.write(path)
            except ReportError as trouble:
                if error is None:
                    raise
                self.logger.warning("%s", trouble)

    def check_access(self, streams: Sequence[MewsStream]) -> Sequence[MewsStream]:
        """Ask Mews which streams may be read.

        Returns:
            Those that are to be read.

        Raises:
            TapMewsError: As `preflight.check_access`.
        """
        from tap_mews.preflight import check_access  # noqa: PLC0415

        skip = self.settings.skip_unauthorized_streams
        return check_access(streams, self.run.connection, skip_unauthorized=skip)

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,
        param: click.Option,
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read the config files, each of which must hold an object.

        Raises:
            InvalidFileError: One does not.
        """
        for path in value:
            if path != "ENV":
                check_object("config", Path(path).read_text("utf-8"))
        return super().cb_config(ctx, param, value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the streams that a catalog selects; all of them without one.

        Raises:
            InvalidFileError: The catalog holds no object.
            TapMewsError: As the streams.
        """
        catalog = ctx.params.get("catalog")
        if value == CliTestOptionValue.All.value and catalog is not None:
            config = ctx.params.get("config", _ConfigInput())
            tap = cls(
                config=config.config,
                catalog=json.load(checked_file("catalog", catalog)),
                parse_env_config=config.parse_env,
            )
            tap.run_connection_test()
            ctx.exit()
        super().cb_test(ctx, param, value)

    @classmethod
    def invoke(
        cls,
        *,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Run the tap; state and catalog must hold objects.

        Raises:
            InvalidFileError: One does not.
        """
        super().invoke(
            state=state and checked_file("state", state, or_null=True),
            catalog=catalog and checked_file("catalog", catalog),
            **kwargs,
        )

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line of the SDK, with expected failures told in one line."""
        command = super().get_singer_command()
        for option in command.params:
            # `--test` acts as soon as it is read, and needs to know the catalog
            option.is_eager |= option.name == "catalog"
        return MewsCommand.like(command, cls.logger)

    def learn_secrets(self, config: dict[str, Any]) -> None:
        """Let no log show the tokens."""
        tokens = (config.get("client_token"), config.get("access_token"))
        REDACTOR.learn(str(token) for token in tokens if token)

    def check_settings(self, config: dict[str, Any]) -> None:
        """Read the settings.

        Raises:
            InvalidSettingsError: Some are wrong.
        """
        for name in config.keys() - self.config_jsonschema["properties"].keys():
            self.logger.warning("The setting %r is not known and has no effect", name)
        self.settings = Settings.load(config, self.config_jsonschema)

    def stop(self, signum: int) -> None:
        """End soon; the state that is out is good, and files go at exit."""
        self.logger.warning(
            "Stopped by signal %d; the next run goes on from the last state",
            signum,
        )
        self.message_writer.stop(128 + signum)
