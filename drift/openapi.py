"""Reads Mews' OpenAPI document and says what is in it in the form of the facts.

The names of extensions, and what they mean, are those that Mews' own generator of its
documentation reads (`connector-api/_generator` of MewsSystems/open-api-docs).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import requests
import yaml
from openapi_pydantic.v3.v3_0 import (
    MediaType,
    OpenAPI,
    Operation,
    RequestBody,
    Response,
)
from pydantic import ValidationError

from drift.forms import DocumentError, Form, Forms

Json: TypeAlias = dict[str, Any]

PREFIX = "/api/connector/v1/"
CREDENTIALS = {"ClientToken", "AccessToken", "Client"}
INTERVALS = {"timefilterinterval", "datetimeintervalutc", "datefilterinterval"}
"""Components that the documentation calls a time interval, in lower case."""

_TIMEOUT = 60  # seconds


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a request.

    Attributes:
        kind: What the facts sort it under.
        most: Most entries of a list; 1 for a single identifier.
        months: Longest interval.
        values: Members of an enumeration.
    """

    kind: str
    required: bool
    deprecated: bool
    most: int | None = None
    months: int | None = None
    values: tuple[str, ...] = ()


class Documented(msgspec.Struct, frozen=True, kw_only=True):
    """An operation.

    Attributes:
        page: Page and section of the documentation that is generated from it.
        message: What is to be used in place of a deprecated one.
        response: Properties of the response, in the form of the facts.
    """

    page: str
    restricted: bool
    deprecated: bool
    message: str
    portfolio: bool
    parameters: dict[str, Parameter]
    response: dict[str, Json]


def fetch(source: str) -> bytes:
    """Give the bytes of a document.

    Args:
        source: A file, or an address that begins with `http`.

    Raises:
        DocumentError: It cannot be read.
    """
    try:
        if not re.match("https?://", source):
            return Path(source).read_bytes()
        response = requests.get(source, timeout=_TIMEOUT)
        response.raise_for_status()
    except (OSError, requests.RequestException) as error:
        msg = f"{source} cannot be read: {error}"
        raise DocumentError(msg) from None
    return response.content


def read(document: bytes) -> Document:
    """Read an OpenAPI 3.0 document, in JSON or YAML.

    Raises:
        DocumentError: It is none.
    """
    try:
        return Document(OpenAPI.model_validate(_parsed(document)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        msg = f"The document is no OpenAPI 3.0: {place}: {first['msg']}"
        raise DocumentError(msg) from None
    except (ValueError, yaml.YAMLError) as error:
        msg = f"The document is neither YAML nor JSON: {error}"
        raise DocumentError(msg) from None


def _parsed(document: bytes) -> object:
    if document.lstrip().startswith(b"{"):
        return json.loads(document)
    # the parser in C takes seconds where the one in Python takes a minute
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(document, loader)  # noqa: S506 - both are safe loaders


class Document:
    """What a document says, in the form of the facts.

    Attributes:
        operations: By their paths.
        unclear: What cannot be compared, and why.
    """

    def __init__(self, document: OpenAPI) -> None:
        """Read everything."""
        components = document.components
        self._forms = Forms((components and components.schemas) or {})
        self.operations = {
            path.removeprefix(PREFIX): self._operation(item.post)
            for path, item in (document.paths or {}).items()
            if path.startswith(PREFIX) and item.post
        }
        self.unclear = self._forms.unclear

    def _operation(self, said: Operation) -> Documented:
        extra, text = said.model_extra or {}, said.description or ""
        body, answer = said.requestBody, (said.responses or {}).get("200")
        asked = body.content if isinstance(body, RequestBody) else None
        given = answer.content if isinstance(answer, Response) else None
        return Documented(
            page=f"{_plain((said.tags or [''])[0])}: {_slug(said.summary or '')}",
            restricted=bool(extra.get("x-restricted")),
            deprecated=bool(said.deprecated),
            message=str(extra.get("x-deprecatedMessage") or ""),
            portfolio="Portfolio Access Token" in text,
            parameters=self._parameters(_form(asked)),
            response=self._forms.members(_form(given), ()),
        )

    def _parameters(self, said: Form | None) -> dict[str, Parameter]:
        if said is None:
            return {}
        schema = self._forms.resolved(said).schema
        # one of several sets of parameters: what is not in all is not required
        sets = schema.oneOf if schema.oneOf and len(schema.oneOf) > 1 else [schema]
        members = [self._forms.named(each) for each in sets]
        found = {name: form for each in members for name, form in each.items()}
        return {
            name: self._parameter(name, form, all(name in each for each in members))
            for name, form in found.items()
            if name not in CREDENTIALS
        }

    def _parameter(self, name: str, said: Form, is_in_all: bool) -> Parameter:  # noqa: FBT001
        node, known = self._forms.resolved(said), self._forms.property(said)
        months = node.extensions.get("x-max-interval-in-months")
        is_interval = months or (node.component or "").lower() in INTERVALS
        is_list = known["type"] == "array"
        texts = known["items"] if is_list else known
        is_text = texts["type"] == "string" and "values" not in texts
        if is_interval:
            kind = "time_filters"
        elif is_text and (is_list or name.endswith("Id")):
            kind = "ids"
        else:
            kind = "other"
        return Parameter(
            kind=kind,
            required=is_in_all and not node.nullable,
            deprecated=node.deprecated,
            most=known.get("max_items") if is_list else 1 if kind == "ids" else None,
            months=months,
            values=tuple(texts.get("values", ())),
        )


def _form(content: dict[str, MediaType] | None) -> Form | None:
    media = (content or {}).get("application/json")
    return media.media_type_schema if media else None


def _plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9-]", "", re.sub(r"\s+", "-", text.lower()))
