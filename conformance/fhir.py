"""A FHIR client of the judge's own.

https://hl7.org/fhir/R4/http.html
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx

Resource = dict[str, Any]


class FhirClient:
    """Reads and searches under one base."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self._http = http
        self._base = base.rstrip("/")

    async def get(self, path: str, **parameters: str) -> Resource:
        """The resource at a path below the base, or at a URL. Raises httpx.HTTPStatusError."""
        url = path if path.startswith("http") else f"{self._base}/{path}"
        response = await self._http.get(url, params=parameters or None)
        response.raise_for_status()
        resource: Resource = json.loads(response.content, parse_float=Decimal)
        return resource

    async def search(self, path: str, **parameters: str) -> list[Resource]:
        """The matches on all pages."""
        bundle = await self.get(path, **parameters)
        found: list[Resource] = []
        while True:
            found += [entry["resource"] for entry in bundle.get("entry", [])]
            following = [link["url"] for link in bundle.get("link", []) if link["relation"] == "next"]
            if not following:
                return found
            bundle = await self.get(following[0])

    async def count(self, resource_type: str) -> int:
        """How many there are of a type."""
        total: int = (await self.get(resource_type, _summary="count"))["total"]
        return total

    async def resource_types(self) -> list[str]:
        """The types that the server says it can search."""
        statement = await self.get("metadata")
        return [
            resource["type"]
            for rest in statement["rest"]
            for resource in rest.get("resource", [])
            if any(each["code"] == "search-type" for each in resource.get("interaction", []))
        ]


@asynccontextmanager
async def connected(base: str, token: str) -> AsyncIterator[FhirClient]:
    """A client that sends the token with every request."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        yield FhirClient(http, base)
