"""However a row is written, the target reads the same.

A row that passes the fast path is written as it came. The SDK's own way parses it,
conforms it to the schema, maps it and serialises it again. Here both write the same
rows, and so does a stream of the SDK that knows nothing of this tap.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.same_result.rows import rows_of
from tests.same_result.ways import FLATTENING, KEEPING, NAMES, PLAIN, SEVERAL, WAYS
from tests.same_result.writers import (
    batched,
    plain_of,
    records,
    schemas,
    tap_of,
    without_nulls,
    written,
    written_plainly,
)

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = examples(
    4,
    derandomize=True,
    # the folder of a test is as good for its next example
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_rows_that_stay_bytes_are_written_as_the_sdk_writes_them(
    stream: str, data: st.DataObject
) -> None:
    lines = data.draw(rows_of(stream))
    fast = tap_of(stream, PLAIN, forced=False)

    messages = written(fast, lines)

    assert fast.passes_rows_on
    assert messages == written(tap_of(stream, PLAIN, forced=True), lines)
    assert records(messages) == records(written_plainly(plain_of(stream, PLAIN), lines))


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_maps_flattening_and_selection_do_what_they_do_to_a_stream_of_the_sdk(
    stream: str, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from([*WAYS, SEVERAL]))
    lines = data.draw(rows_of(stream))

    messages = written(tap_of(stream, way, forced=False), lines)

    plain = written_plainly(plain_of(stream, way), lines)
    if way == FLATTENING:
        # the SDK gives a null there a name that is not in the schema
        assert without_nulls(messages) == without_nulls(plain)
    else:
        assert records(messages) == records(plain)
    assert schemas(messages) == schemas(plain)


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_batch_files_hold_what_record_messages_would(
    stream: str, tmp_path: Path, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(WAYS))
    lines = data.draw(rows_of(stream))

    fast = written(tap_of(stream, way, forced=False, batches=tmp_path), lines)
    slow = written(tap_of(stream, way, forced=True, batches=tmp_path), lines)

    messages = written(tap_of(stream, way, forced=False), lines)
    expected = [record for _, record in records(messages)]
    assert batched(fast) == expected
    assert batched(slow) == expected


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_undocumented_properties_are_kept_alike_however_rows_are_written(
    stream: str, tmp_path: Path, data: st.DataObject
) -> None:
    lines = data.draw(rows_of(stream))

    fast = written(tap_of(stream, KEEPING, forced=False), lines)
    slow = written(tap_of(stream, KEEPING, forced=True), lines)
    files = written(tap_of(stream, KEEPING, forced=False, batches=tmp_path), lines)

    # a row that had none has no property for them, or null in it
    assert without_nulls(fast) == without_nulls(slow)
    assert batched(files) == [record for _, record in records(fast)]
    assert schemas(fast) == schemas(slow)


def test_of_a_number_that_no_double_can_hold_the_sdk_makes_null() -> None:
    """The one number that differs; no property of Mews comes near."""
    lines = [b'{"Id":"a","Value":1e400}']
    (_, kept), (_, lost), (_, plain) = (
        records(messages)[0]
        for messages in (
            written(tap_of("ledger_entries", PLAIN, forced=False), lines),
            written(tap_of("ledger_entries", PLAIN, forced=True), lines),
            written_plainly(plain_of("ledger_entries", PLAIN), lines),
        )
    )
    assert lost == plain == {"Id": "a", "Value": None}
    assert kept == {"Id": "a", "Value": Decimal("1e400").as_tuple()}
