"""A tap that checks settings without quoting them, and that a signal ends properly."""

from __future__ import annotations

import abc
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.configuration._dict_config import parse_environment_config

from tap_mews.errors import InvalidFileError, InvalidSettingsError
from tap_mews.sdk.mapping import (
    as_mapped,
    check_output,
    hollow_objects,
    language,
)
from tap_mews.settings.stream_maps import EMPTY, StreamMaps

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from singer_sdk.mapper import StreamMap

    from tap_mews.state_output import StateOutput


from tap_mews.sdk.mapped_tap import MappedTap
from tap_mews.sdk.messages import is_wanted
from tap_mews.sdk.stream import WindowedStream


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


class GuardedTap(MappedTap):
    """A tap that checks its settings and ends by a signal in its own way."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the tap as the SDK does."""
        type(self).logger.addFilter(is_wanted)
        super().__init__(**kwargs)
        self._state_writer: StateOutput = self.new_state_writer()
        self._take_signals()

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

    def _check_maps(self, maps: dict[str, Any]) -> None:
        """Refuse maps that name what there is not, and warn of personal data."""
        streams = [as_mapped(stream) for stream in self.streams.values()]
        config = self.config.get("stream_map_config") or {}
        checked = StreamMaps(maps, config, streams, language())
        if wrong := list(checked.problems()):
            raise InvalidSettingsError.of_all(wrong)
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
