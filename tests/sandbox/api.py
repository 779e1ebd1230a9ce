"""A client that asks a sandbox over HTTP, as strictly as a test wants to look."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from typing_extensions import Self

    from sandbox import Sandbox

Json = dict[str, Any]


class Api:
    """A client of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Use the portfolio token; `envelope` can be changed."""
        self.sandbox = sandbox
        self.session = requests.Session()
        self.envelope = {
            "ClientToken": sandbox.client_token,
            "AccessToken": sandbox.access_token,
            "Client": "sandbox tests 1.0",
        }

    def __enter__(self) -> Self:
        """Keep connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.session.close()

    def post(
        self, operation: str, body: Json | None = None, **headers: str
    ) -> requests.Response:
        """Call an operation."""
        return self.session.post(
            f"{self.sandbox.url}/api/connector/v1/{operation}",
            json={**self.envelope, **(body or {})},
            headers=headers,
            timeout=60,
        )

    def ask(self, operation: str, body: Json | None = None) -> Json:
        """Call an operation that answers, and give what it says."""
        response = self.post(operation, body)
        assert response.status_code == 200, response.text
        answer: Json = response.json(parse_float=Decimal)
        return answer

    def refused(self, operation: str, body: Json | None = None) -> tuple[int, str]:
        """Call an operation that refuses, and give status and message."""
        response = self.post(operation, body)
        error = response.json()
        assert error["RequestId"] == response.headers["Request-Id"]
        return response.status_code, error["Message"]

    def pages(self, operation: str, body: Json, count: int) -> list[list[Json]]:
        """Read page after page until the cursor ends."""
        pages: list[list[Json]] = []
        cursor = None
        while True:
            limitation = {"Count": count, "Cursor": cursor}
            answer = self.ask(operation, {**body, "Limitation": limitation})
            cursor = answer.pop("Cursor")
            rows = next(value for value in answer.values() if value is not None)
            if cursor is None:
                assert rows == []
                return pages
            pages.append(rows)

    def add(self, entity: str, **body: object) -> str:
        """Ask for an export and give its id."""
        export = self.ask("exports/add", {"EntityType": entity, **body})["Export"]
        assert export["Status"] == "Pending"
        return str(export["Id"])

    def shown(self, job_id: str) -> Json:
        """Give an export as it shows itself now."""
        exports: list[Json] = self.ask("exports/getAll", {"ExportIds": [job_id]})[
            "Exports"
        ]
        assert len(exports) == 1
        return exports[0]

    def get(self, url: str, **headers: str) -> requests.Response:
        """Download, as the tap does: without anything that identifies it."""
        return self.session.get(url, headers=headers, timeout=60)

    def lines(self, job_id: str) -> list[bytes]:
        """Download all lines of a finished export."""
        lines: list[bytes] = []
        for file in self.shown(job_id)["Files"]:
            content = self.get(file["Url"]).content
            assert len(content) == file["SizeInBytes"]
            lines += content.splitlines()
        return lines
