"""The schemas of the streams, as they are delivered with the tap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import SchemaDirectory, StreamSchema

from tap_mews.records.undocumented import keeps_undocumented, with_kept

if TYPE_CHECKING:
    from singer_sdk import Stream

_IN_THE_WHEEL = Path(__file__).parents[1] / "schemas"
_IN_THE_CHECKOUT = Path(__file__).parents[2] / "schemas"

SCHEMAS = SchemaDirectory(
    # an editable install shows the package as it is in the checkout, without the copy
    _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else _IN_THE_CHECKOUT,
)


class RecordSchema(StreamSchema[str]):
    """The schema of a stream, with what the settings add to it."""

    def get_stream_schema(
        self, stream: Stream, stream_class: type[Stream]
    ) -> dict[str, Any]:
        """The schema of the records of a stream."""
        schema = super().get_stream_schema(stream, stream_class)
        return with_kept(schema) if keeps_undocumented(stream.config) else schema
