"""The command line: expected failures end with one line and exit code 1."""

from __future__ import annotations

import json
import sys
from io import StringIO
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand

from tap_mews.errors import InvalidFileError, TapMewsError

if TYPE_CHECKING:
    import logging

    import click


class MewsCommand(SingerCommand):
    """The SDK's command, quiet about what the user can mend."""

    @classmethod
    def like(cls, command: click.Command, logger: logging.Logger) -> MewsCommand:
        """Take over a command.

        Args:
            command: What the SDK has built.
            logger: Takes the lines.
        """
        return cls(
            name=command.name,
            callback=command.callback,
            params=command.params,
            help=command.help,
            context_settings=command.context_settings,
            logger=logger,
        )

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the sync; click itself ends a process whose pipe is closed, quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            self.logger.warning(
                "The target has closed its input; the next run goes on from the last "
                "state that the target has kept",
            )
            raise

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run the command; the process ends with it."""
        try:
            return super().main(*args, **kwargs)
        except TapMewsError as error:
            self._fail(error, str(error))
        except ConfigValidationError as error:
            self._fail(error, "; ".join(error.errors) or str(error))
        except FileNotFoundError as error:
            self._fail(error, str(error))

    def _fail(self, error: Exception, line: str) -> None:
        """End with one line; the way to it is told at debug level only."""
        self.logger.error("%s", " ".join(line.split()))
        self.logger.debug("Where that happened:", exc_info=error)
        sys.exit(1)


def check_object(what: str, text: str, *, or_null: bool = False) -> None:
    """Refuse a file that holds no JSON object.

    Args:
        what: The option that named it.
        text: What it holds.
        or_null: Whether it may hold null, which is nothing.

    Raises:
        InvalidFileError: It is not JSON, or no object; the text is not quoted.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        msg = f"The file of --{what} is not JSON ({where})"
        raise InvalidFileError(msg) from None
    if not isinstance(value, dict) and not (or_null and value is None):
        msg = f"The file of --{what} must hold a JSON object"
        raise InvalidFileError(msg)


def checked_file(what: str, file: IO[str], *, or_null: bool = False) -> IO[str]:
    """Look at a file before the SDK reads it.

    Args:
        what: The option that named it.
        file: Open at its beginning; it need not be one that can be read twice.
        or_null: Whether it may hold null, which is nothing.

    Returns:
        The same content.

    Raises:
        InvalidFileError: It holds no JSON object.
    """
    text = file.read()
    check_object(what, text, or_null=or_null)
    return StringIO(text)
