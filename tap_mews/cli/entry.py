"""The options of the command line, and what each of them does with the tap."""

from __future__ import annotations

import abc
import os
from typing import TYPE_CHECKING, Any

import click
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue

from tap_mews.api.redaction import causes_of
from tap_mews.cli.command import MewsCommand
from tap_mews.errors import InvalidFileError, InvalidSettingsError
from tap_mews.settings.environment import (
    LOG_CONFIG,
    check_log,
)
from tap_mews.settings.inputs import read_file
from tap_mews.streams.mews_tap import MewsTap

if TYPE_CHECKING:
    from typing_extensions import Self

HELP_OF_TEST = (
    "Use --test to check, with one request per stream, what a run would read; no "
    "records are written. Use --test=schema to write the schemas only."
)


class CommandLineTap(MewsTap, abc.ABC):
    """A tap that is run by a command."""

    @plugin_cli
    def cli(cls) -> click.Command:  # noqa: N805 - the decorator passes the class
        """The command line, with a log as the environment asks for it.

        Raises:
            SystemExit: The environment asks for a log that cannot be.
        """
        try:
            check_log(os.environ)
            return super().cli
        except InvalidSettingsError as error:
            raise SystemExit(str(error)) from None
        except Exception as error:
            # whatever the classes raise that a logging config names
            if LOG_CONFIG not in os.environ:
                raise
            causes = [each for each in causes_of(error) if isinstance(each, OSError)]
            reason = causes[-1].strerror if causes else type(error).__name__
            msg = f"{LOG_CONFIG} cannot be applied ({reason})"
            raise SystemExit(msg) from None

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,
        param: click.Option,
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read the config files, of which a later one overrules an earlier one.

        Raises:
            InvalidFileError: One does not hold an object.
        """
        del ctx, param
        config: dict[str, Any] = {}
        for path in value:
            if path == "ENV":
                continue
            document = read_file("--config", path)
            if not isinstance(document, dict):
                msg = f"--config: {path} must hold a JSON object"
                raise InvalidFileError(msg)
            config |= document
        return _ConfigInput(config, parse_env="ENV" in value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the streams that a catalog selects; all of them without one.

        Raises:
            TapMewsError: As the streams.
        """
        if value not in {each.value for each in CliTestOptionValue}:
            msg = "it must be `schema`, or nothing"
            raise click.BadParameter(msg)
        catalog = ctx.params.get("catalog")
        if value != CliTestOptionValue.Disabled.value and catalog is not None:
            tap = cls._made(ctx.params.get("config"), catalog)
            if value == CliTestOptionValue.Schema.value:
                tap.write_schemas()
            else:
                tap.run_connection_test()
            ctx.exit()
        super().cb_test(ctx, param, value)

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: str | None = None,
        catalog: str | None = None,
    ) -> None:
        """Run the tap.

        Args:
            about: Whether to say what the tap is, and no more.
            about_format: How to say that.
            config: The settings.
            state: Name of the file with the state.
            catalog: Name of the file with the catalog.

        Raises:
            TapMewsError: The run cannot begin or continue.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls._made(config, catalog)
        if state is not None:
            tap.load_state(read_file("--state", state))
        tap.sync_all()

    @classmethod
    def _made(cls, config: _ConfigInput | None, catalog: str | None) -> Self:
        config = config or _ConfigInput()
        return cls(
            config=config.config,
            # a catalog of nothing is no reason to read everything
            catalog=None if catalog is None else read_file("--catalog", catalog) or {},
            parse_env_config=config.parse_env,
        )

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line of the SDK, with expected failures printed as one line."""
        command = super().get_singer_command()
        for option in command.params:
            # `--test` acts as soon as it is read, and needs to know the catalog
            option.is_eager |= option.name == "catalog"
            if option.name in {"catalog", "state"}:
                # the tap reads them itself, like the config, and says what is wrong
                option.type = click.STRING
            if option.name == "test" and isinstance(option, click.Option):
                option.help = HELP_OF_TEST
        return MewsCommand.like(command, cls.logger)
