"""Resources between the JSON that is stored and what clients send and get.

https://hl7.org/fhir/R4/resource-formats.html
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

import msgspec

from exchange import fhirjson, xml
from exchange.negotiation import Format, Presentation
from exchange.xml.pretty import pretty as pretty_xml
from profiles.definitions import Definitions

Resource = dict[str, Any]
Made = TypeVar("Made")

# From here on other requests do not wait while a body is read or written: some 5 ms of work.
LARGE: Final[dict[Format, int]] = {"json": 256 * 1024, "xml": 64 * 1024}


def read(body: bytes, format_: Format, definitions: Definitions) -> Resource:
    """The resource in a body; raises UnreadableJson or UnreadableXml."""
    return fhirjson.loads(body) if format_ == "json" else xml.loads(body, definitions)


def written(body: bytes, wanted: Presentation, definitions: Definitions) -> bytes:
    """FHIR JSON in the form that is wanted; raises UnwritableXml for what XML cannot hold."""
    if wanted.format == "xml":
        document = xml.dumps(fhirjson.loads(body), definitions)
        return pretty_xml(document) if wanted.pretty else document
    return pretty(body) if wanted.pretty else body


def pretty(body: bytes) -> bytes:
    """The same JSON, indented; numbers keep their text."""
    return msgspec.json.format(body, indent=2)


async def aside(size: int, format_: Format, make: Callable[[], Made]) -> Made:
    """What `make` gives, in a thread if there is much to do."""
    return make() if size < LARGE[format_] else await asyncio.to_thread(make)


async def written_aside(body: bytes, wanted: Presentation, definitions: Definitions) -> bytes:
    """`written`, without holding up others."""
    return await aside(len(body), wanted.format, partial(written, body, wanted, definitions))


@lru_cache(8)
def lasting(body: bytes, wanted: Presentation, definitions: Definitions) -> bytes:
    """`written`, remembered: for what is large and does not change."""
    return written(body, wanted, definitions)
