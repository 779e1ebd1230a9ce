"""The specification layer is renewed from a document; the overlay never is."""

from __future__ import annotations

import copy
import json
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest

from drift.comparison import compare
from drift.known import Known
from drift.openapi import read
from drift.renewal import renew
from tests.drift.mews_openapi import document
from tests.drift.test_openapi_drift import (
    OF_ENTITIES,
    OF_OPERATIONS,
    TEXT,
    change_everything,
    of,
)

if TYPE_CHECKING:
    from tests.drift.test_openapi_drift import Change

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[2]
TODAY = date(2026, 11, 26)
CHANGES = {name: change for name, (change, _) in (OF_OPERATIONS | OF_ENTITIES).items()}


class Renewed(NamedTuple):
    """A copy of the facts and schemas, renewed."""

    facts: Path
    schemas: Path
    said: list[str]
    kinds: set[str]

    def schema(self, stream: str) -> Json:
        """A schema of the copy."""
        schema: Json = json.loads((self.schemas / f"{stream}.json").read_text("utf-8"))
        return schema

    def changed(self) -> dict[str, str]:
        """Text of the files that differ from the originals, by path."""
        return {
            str(file.relative_to(self.facts.parent)): file.read_text("utf-8")
            for folder in (self.facts, self.schemas)
            for file in sorted(folder.rglob("*.json"))
            if not (old := CHECKOUT / file.relative_to(self.facts.parent)).exists()
            or old.read_bytes() != file.read_bytes()
        }


def renewed(folder: Path, change: Change) -> Renewed:
    """Renew a copy of the facts from a document with a change."""
    facts, schemas = folder / "facts", folder / "schemas"
    shutil.copytree(CHECKOUT / "facts", facts)
    shutil.copytree(CHECKOUT / "schemas", schemas)
    known = Known(facts, schemas)
    operations, entities = map(copy.deepcopy, (known.operations, known.entities))
    change(operations, entities)
    said = read(json.dumps(document(operations, entities)).encode())
    lines = list(renew(known, said, TODAY))
    left = compare(Known(facts, schemas), said)
    return Renewed(facts, schemas, lines, {each.kind for each in left})


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Renewed:
    """Renewed from a document with all changes that go together."""
    return renewed(tmp_path_factory.mktemp("everything"), change_everything)


def test_a_document_that_says_the_same_changes_no_file(tmp_path: Path) -> None:
    result = renewed(tmp_path, lambda _operations, _entities: None)
    assert result.changed() == {}
    assert result.said == []


def test_a_renewed_layer_says_what_the_document_says(everything: Renewed) -> None:
    assert everything.kinds == set()
    assert everything.changed()
    assert not [file for file in everything.changed() if "overlay" in file]


def test_a_vanished_property_is_taken_out_of_the_layer(tmp_path: Path) -> None:
    assert renewed(tmp_path, CHANGES["a vanished property"]).kinds == set()


def test_only_what_has_changed_is_written_again(tmp_path: Path) -> None:
    result = renewed(tmp_path, CHANGES["a longer text"])
    ((file, text),) = result.changed().items()
    assert file == "facts/specification/services.json"
    before = (CHECKOUT / file).read_text("utf-8").splitlines()
    new = [line.strip() for line in text.splitlines() if line not in before]
    assert new == [
        '"version": "OpenAPI 2026-11-26",',
        '"ExternalIdentifier": {"type": "string", "max_length": 300}',
    ]


def test_a_new_property_is_in_each_schema_and_waits_for_its_description(
    tmp_path: Path,
) -> None:
    def change(_: Json, entities: Json) -> None:
        of(entities, "Amount", "")["Mood"] = TEXT
        of(entities, "Payment", "")["Tip"] = {"shape": "Amount"}

    payments = renewed(tmp_path, change).schema("payments")["properties"]
    mood = {"type": ["string", "null"], "description": ""}
    assert payments["Amount"]["properties"]["Mood"] == mood
    assert payments["Tip"]["description"] == ""
    tip = payments["Tip"]["properties"]
    assert list(tip) == list(payments["Amount"]["properties"])
    assert tip["Breakdown"]["properties"]["Items"]["items"]["properties"]


def test_a_new_property_stands_where_the_documentation_has_it(tmp_path: Path) -> None:
    def change(_: Json, entities: Json) -> None:
        members = of(entities, "Payment", "")
        entities["Payment"]["properties"] = {
            "Id": members.pop("Id"),
            "Mood": TEXT,
        } | members

    names = list(renewed(tmp_path, change).schema("payments")["properties"])
    assert names[:3] == ["Id", "Mood", "EnterpriseId"]


def test_a_new_member_is_in_the_description(everything: Renewed) -> None:
    text = everything.schema("payments")["properties"]["State"]["description"]
    assert text.endswith("Verifying, Lost; new members can appear.")


def test_a_new_operation_gets_a_draft_and_asks_for_its_stream(
    everything: Renewed,
) -> None:
    layer = json.loads((everything.facts / "specification/new.json").read_text("utf-8"))
    assert layer == {
        "operations": {
            "lamps/getAll/2026-11-01": {
                "page": "lamps: get-all-lamps",
                "version": "OpenAPI 2026-11-26",
                "rows": "Lamps",
                "entity": "Currency",
                "paging": "required",
                "other": ["States"],
            }
        }
    }
    draft = json.loads(
        (everything.facts / "schema-drafts/lamps.json").read_text("utf-8")
    )
    assert "Code" in draft["properties"]
    assert [line for line in everything.said if "name its stream" in line]


def test_a_new_operation_brings_its_entity(tmp_path: Path) -> None:
    new = {"page": "bills: get-lamps", "rows": "Lamps", "entity": "Lamp_2026_11_01"}

    def change(operations: Json, entities: Json) -> None:
        operations["bills/getLamps"] = {**new, "paging": "no"}
        lamp = {"Id": {**TEXT, "required": True}, "Price": {"shape": "Amount"}}
        entities["Lamp_2026_11_01"] = {"page": "bills: lamp", "properties": lamp}

    result = renewed(tmp_path, change)
    text = (result.facts / "specification/billing.json").read_text("utf-8")
    layer = json.loads(text)
    assert layer["operations"]["bills/getLamps"]["entity"] == "Lamp_2026_11_01"
    lamp = layer["entities"]["Lamp_2026_11_01"]["properties"]
    assert lamp["Price"] == {"shape": "Amount"}


def test_what_the_overlay_says_of_what_is_gone_is_told(tmp_path: Path) -> None:
    result = renewed(tmp_path, lambda _, e: of(e, "Bill", "").pop("CorrectedBillId"))
    assert [line for line in result.said if "Bill.CorrectedBillId" in line]


def test_what_is_documented_now_is_told(everything: Renewed) -> None:
    assert [
        line for line in everything.said if "IsUpdatedByMe is documented now" in line
    ]


def test_a_vanished_operation_is_left_to_a_person(tmp_path: Path) -> None:
    result = renewed(tmp_path, CHANGES["a vanished operation"])
    assert result.kinds == {"vanished operation"}
    assert [line for line in result.said if line.startswith("payments/getAll: ")]


def test_a_deprecated_operation_says_since_when_and_what_instead(
    everything: Renewed,
) -> None:
    text = (everything.facts / "specification/payments.json").read_text("utf-8")
    known = json.loads(text)["operations"]["payments/getAll"]["deprecated"]
    assert known == {"on": "2026-11-26", "instead": ["payouts/getAll"]}
