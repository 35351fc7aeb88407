"""A terminology service anywhere, as the judge of the tx-ecosystem's tests takes it.

https://hl7.org/fhir/R4/terminology-service.html
"""

from types import MappingProxyType
from typing import Any, Final

import httpx

from conformance.tx import NotOffered, Reply

PATHS: Final = MappingProxyType(
    {
        "expand": "ValueSet/$expand",
        "validate-code": "ValueSet/$validate-code",
        "batch-validate": "ValueSet/$batch-validate-code",
        "cs-validate-code": "CodeSystem/$validate-code",
        "lookup": "CodeSystem/$lookup",
        "subsumes": "CodeSystem/$subsumes",
        "translate": "ConceptMap/$translate",
    }
)
POSTED: Final = MappingProxyType({"Content-Type": "application/fhir+json"})
STATEMENTS: Final = MappingProxyType({"metadata": "metadata", "term-caps": "metadata?mode=terminology"})


class Server:
    """`base` is its FHIR base; `token` a bearer token, or empty."""

    def __init__(self, base: str, token: str = "") -> None:
        headers = {
            "Accept": "application/fhir+json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        self.client = httpx.Client(base_url=base.rstrip("/") + "/", headers=headers, timeout=60)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def answer(self, operation: str, request: dict[str, Any], language: str) -> Reply:
        headers = {"Accept-Language": language} if language else {}
        if operation in STATEMENTS:
            response = self.client.get(STATEMENTS[operation], headers=headers)
        elif operation in PATHS:
            response = self.client.post(PATHS[operation], json=request, headers={**headers, **POSTED})
        else:
            raise NotOffered(operation)
        return Reply(response.status_code, response.json())
