"""Calls of the API, plain and few: what the tap makes of an answer is not used here."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import requests
from requests import codes

from facts import OPERATIONS
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from facts import Operation

Json: TypeAlias = dict[str, Any]

TRIES = 8
PAUSE = 5.0
"""Seconds before another try, unless Mews says how many; its demo tokens are shared."""

LONGEST_PAUSE = 60.0
TIMEOUT = 120
MAX_ROWS = 1000


class Refused(Exception):  # noqa: N818 - as the tap calls it
    """Mews does not do what was asked.

    Attributes:
        status: Of the answer; 0 if none came.
    """

    def __init__(self, operation: str, status: int, message: str) -> None:
        """Say what was refused."""
        super().__init__(f"{operation}: HTTP {status} {message!r}")
        self.status = status


class Mews:
    """What an access token gives.

    Attributes:
        span: How far back rows are asked for.
    """

    def __init__(
        self, url: str, client_token: str, access_token: str, span: timedelta
    ) -> None:
        """Take what every call needs."""
        self.span = span
        self._url = url.rstrip("/")
        self._tokens = {
            "ClientToken": client_token,
            "AccessToken": access_token,
            "Client": "tap-mews live check",
        }
        self._rows: dict[str, list[Json]] = {}

    @cached_property
    def now(self) -> datetime:
        """The time at Mews: that of this machine can be another."""
        _, now = self._answer("enterprises/getAll", {"Limitation": {"Count": 1}})
        return now

    def call(self, operation: str, body: Mapping[str, Any]) -> Json:
        """Call an operation.

        Raises:
            Refused: Mews does not answer it.
        """
        return self._answer(operation, body)[0]

    def _answer(self, operation: str, body: Mapping[str, Any]) -> tuple[Json, datetime]:
        url = f"{self._url}/api/connector/v1/{operation}"
        for left in reversed(range(TRIES)):
            try:
                response = requests.post(
                    url,
                    json={**self._tokens, **body},
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                # the words of the library can hold the address of a proxy
                refusal = Refused(operation, 0, type(error).__name__)
                pause = PAUSE
            else:
                status = response.status_code
                if status == codes.ok:
                    now = parsedate_to_datetime(response.headers["Date"])
                    return response.json(), now
                refusal = Refused(operation, status, _message(response))
                if status != codes.too_many_requests and status < codes.server_error:
                    break
                asked = response.headers.get("Retry-After", "")
                pause = float(asked) if asked.isdecimal() else PAUSE
            if left:
                time.sleep(min(pause, LONGEST_PAUSE))
        raise refusal

    def pages(self, operation: str, body: Json, most: int) -> Iterator[list[Json]]:
        """Give the rows of so many pages at most.

        Raises:
            Refused: Mews does not answer it.
        """
        known, cursor = OPERATIONS[operation], None
        for _ in range(most):
            if known.paging != "no":
                size = known.most_rows or MAX_ROWS
                body = {**body, "Limitation": {"Count": size, "Cursor": cursor}}
            answer = self.call(operation, body)
            rows: list[Json] = answer.get(known.rows or "") or []
            yield rows
            cursor = answer.get("Cursor")
            if not rows or cursor is None:
                return

    def recent(self, operation: str) -> Json:
        """Give the body that asks for the rows of the last days, or for all.

        Raises:
            Refused: The identifiers that it needs cannot be read.
        """
        known = OPERATIONS[operation]
        body: Json = dict(known.all_rows)
        if known.scope and known.scope.parameter in {"EnterpriseIds", "ChainIds"}:
            column = "Id" if known.scope.parameter == "EnterpriseIds" else "ChainId"
            hotels = self._parents("enterprises/getAll")
            body[known.scope.parameter] = [hotels[0][column]]
        if "UpdatedUtc" in known.time_filters:
            start, end = format_moment(self.now - self.span), format_moment(self.now)
            body["UpdatedUtc"] = {"StartUtc": start, "EndUtc": end}
        for name in self._asked_by(known, body):
            rows = self._parents(known.parents[name][0])
            body[name] = [row["Id"] for row in rows][: known.ids.get(name)]
        return body

    @staticmethod
    def _asked_by(known: Operation, body: Json) -> list[str]:
        """Name the identifiers that a request needs."""
        asked = [name for name in known.required if name in known.parents]
        if known.one_of and not {*known.one_of} & body.keys():
            asked += [name for name in known.one_of if name in known.parents][:1]
        return asked

    def _parents(self, operation: str) -> list[Json]:
        if operation not in self._rows:
            whole = operation == "enterprises/getAll"
            body = {} if whole else self.recent(operation)
            body.pop("UpdatedUtc", None)
            (self._rows[operation],) = self.pages(operation, body, 1)
        return self._rows[operation]


def _message(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return ""
    return str(answer.get("Message", "")) if isinstance(answer, dict) else ""
