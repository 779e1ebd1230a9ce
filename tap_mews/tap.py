"""The tap: its settings and streams."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue

from tap_mews.api.redaction import REDACTOR
from tap_mews.api.redaction import install as install_redaction
from tap_mews.cli.command import MewsCommand, check_object, checked_file
from tap_mews.cli.progress_bar import progress_bar
from tap_mews.cli.report import reported
from tap_mews.clock import Clock
from tap_mews.errors import InvalidSettingsError, InvalidStateError
from tap_mews.records.writer import MessageWriter
from tap_mews.settings import CONFIG, Settings
from tap_mews.settings.rules import wrong_in_environment
from tap_mews.streams import STREAMS
from tap_mews.streams.base import MewsStream, MewsTap

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from singer_sdk import Stream

    from tap_mews.run import Run


class TapMews(MewsTap):
    """Singer tap for the Mews Connector API: hotel data, complete and current."""

    name = "tap-mews"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG
    message_writer_class = MessageWriter
    message_writer: MessageWriter

    clock: ClassVar[Clock] = Clock()
    """Time and sleep; a test can put one in its place that does not wait."""

    settings: Settings

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the tap as the SDK does, with secrets kept out of all logs."""
        install_redaction()
        self._opened = False
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

        return Run(self.settings, self.clock, self.write_state)

    def write_state(self) -> None:
        """Emit the state if it has changed since it was last emitted."""
        self.state_writer.write_state(self.state)

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
        open_streams(self.selected_streams, self.run)

    @contextmanager
    def around_sync(self) -> Iterator[None]:
        """Show how far the run is while it lasts, and report it when it has ended."""
        record = self.run.record
        record.streams = {each.name: each.record for each in self.selected_streams}
        path = self.settings.report_path
        try:
            with reported(record, path, self.logger), progress_bar(record):
                yield
        finally:
            self.run.close()

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
