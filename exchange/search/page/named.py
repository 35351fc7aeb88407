"""Which version of what is included a reference names: the one by its number, the other by its canonical.

https://hl7.org/fhir/R4/references.html#versions
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import asyncpg

from exchange.fhirjson import dumps, identity, loads
from exchange.search.query.query import Query
from exchange.store.packing import unpack

# The versions asked for that have been superseded.
VERSIONS = """
SELECT h.rid, h.body
FROM unnest($1::bigint[], $2::integer[]) AS w (rid, version)
JOIN history h ON h.rid = w.rid AND h.version = w.version
WHERE h.body IS NOT NULL
ORDER BY h.rid, h.version DESC"""

_VERSIONED = re.compile(
    rb'"reference": ?"(?:[^"]*/)?([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})/_history/([0-9]{1,9})"'
)
_VERSION = re.compile(rb'"versionId":"([0-9]+)"')


async def named(
    connection: asyncpg.Connection, query: Query, held: Mapping[int, bytes], matches: Sequence[bytes]
) -> list[bytes]:
    """What to send of the current resources by rid: without those whose URL is asked for in another version,
    and with the old versions that are referred to.

    An old version may have been another patient's: a caller who may not see all gets the current one.
    """
    sources = [*matches, *held.values()]
    found = dict(held)
    if any(each.by_url for each in query.inclusions):
        found = {rid: body for rid, body in held.items() if _is_meant(body, sources, matches)}
    asked = dict(_asked(found, sources)) if query.allowed is None else {}
    if not asked:
        return list(found.values())
    pairs = [(rid, version) for rid, versions in asked.items() for version in sorted(versions)]
    old: dict[int, list[bytes]] = {}
    for row in await connection.fetch(VERSIONS, *map(list, zip(*pairs, strict=True))):
        old.setdefault(row["rid"], []).append(unpack(row["body"]))
    return [body for rid in found for body in _versions(found[rid], old.get(rid, []), sources)]


def _asked(held: Mapping[int, bytes], sources: Iterable[bytes]) -> Iterator[tuple[int, set[int]]]:
    """The numbers of other versions than the current one that somebody refers to."""
    wanted: dict[bytes, set[int]] = {}
    for body in sources:
        if b"/_history/" in body:
            for name, version in _VERSIONED.findall(body):
                wanted.setdefault(name, set()).add(int(version))
    if wanted:
        for rid, body in held.items():
            current = _VERSION.search(body)
            versions = wanted.get(b"/".join(identity(body)), set()) - {int(current[1]) if current else 0}
            if versions:
                yield rid, {version for version in versions if version < 2**31}


def _versions(current: bytes, old: list[bytes], sources: Iterable[bytes]) -> list[bytes]:
    """The current version goes with the old ones only if it is referred to itself."""
    if not old:
        return [current]
    name = b"/".join(identity(current))
    version = _VERSION.search(current)
    wanted = [name + b'"', name + b"/_history/" + (version[1] if version else b"") + b'"']
    return [current, *old] if any(each in body for body in sources for each in wanted) else old


def _is_meant(body: bytes, sources: Sequence[bytes], matches: Sequence[bytes]) -> bool:
    """False for what is included by its URL alone, or by one in it, if the version there is another."""
    resource = loads(body)
    url, version = resource.get("url"), resource.get("version", "")
    name = b"/".join(identity(body)) + b'"'
    own = b'"url":%b' % dumps(url)
    forward = [_names(each, url, version) for each in sources if own not in each]
    if any(name in each for each in sources) or True in forward:
        return True
    backward = [_names(body, other.get("url"), other.get("version", "")) for other in map(loads, matches)]
    return True in backward or not (False in forward or False in backward)


def _names(body: bytes, url: str | None, version: str) -> bool | None:
    """Whether the body names the URL: in this version or none (True), in others only (False), or not."""
    if not url:
        return None
    start = dumps(url)[:-1]
    if start + b'"' in body or (version and start + dumps(f"|{version}")[1:] in body):
        return True
    return False if start + b"|" in body else None
