"""What a stream needs of its tap to map records and to emit the state."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.mapper import PluginMapper

if TYPE_CHECKING:
    from tap_mews.state_output import StateOutput


class MappedTap(Tap):
    """A tap that makes mappers for its streams."""

    _state_writer: StateOutput

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Init the tap as the SDK does."""
        self._maps: dict[str, Any] = {}
        super().__init__(**kwargs)

    @property
    def state_writer(self) -> StateOutput:
        """What emits the state."""
        return self._state_writer

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
