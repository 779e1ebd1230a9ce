"""The command line: expected failures end with one line and exit code 1."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand

from tap_mews.errors import TapMewsError

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
        except json.JSONDecodeError as error:
            self._fail(error, f"A file that was passed is not JSON: {error}")

    def _fail(self, error: Exception, line: str) -> None:
        """End with one line; the way to it is told at debug level only."""
        self.logger.error("%s", " ".join(line.split()))
        self.logger.debug("Where that happened:", exc_info=error)
        sys.exit(1)
