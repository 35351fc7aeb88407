"""Where an import may take its files from, and how they are brought here.

Whoever may ask for an import could otherwise make the hub call any address, and read any file, that it can
reach: so nothing is allowed that `YILIAN_IMPORT_FROM` does not begin.

https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx

from exchange.outcome import FhirError

MOST_BYTES: Final = 64 * 1024**3
CHUNK: Final = 1024 * 1024
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)


def require_allowed(url: str, prefixes: Sequence[str], expression: str) -> None:
    """Raises FhirError unless the URL lies under one of the prefixes."""
    if not prefixes:
        raise FhirError("rule", "This hub imports from nowhere: set YILIAN_IMPORT_FROM", expression)
    if not any(_is_under(url, prefix) for prefix in prefixes):
        raise FhirError("rule", "This hub does not import from there", expression)


def _is_under(url: str, prefix: str) -> bool:
    """Scheme, host and port are the same, and the path begins with the prefix's, without a step upwards."""
    found, allowed = urlsplit(url), urlsplit(prefix)
    try:
        same = _origin(url) == _origin(prefix)
    except ValueError:
        return False
    path = unquote(found.path)
    folder = allowed.path if allowed.path.endswith("/") else allowed.path + "/"
    clean = ".." not in path.split("/") and "\\" not in path and "%" not in path
    return same and found.username is None and clean and path.startswith(folder)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def local_file(url: str, prefixes: Sequence[str]) -> Path | None:
    """The file of a `file:` URL, wherever links lead; None for other URLs. Raises FhirError for one that is
    not there, or outside."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    path = Path(unquote(parts.path)).resolve()
    folders = [Path(unquote(urlsplit(each).path)).resolve() for each in prefixes if each.startswith("file:")]
    if not path.is_file() or not any(path.is_relative_to(folder) for folder in folders):
        raise FhirError("rule", "There is no such file to import", "input.url")
    return path


async def fetched(url: str, target: Path) -> None:
    """The file at a URL; raises FhirError if it cannot be had whole."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code != 200:
                raise FhirError("rule", f"The source answers {answer.status_code}", "input.url")
            await _written(answer, partial)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FhirError("rule", "The source cannot be read", "input.url") from None
    partial.rename(target)


async def _written(answer: httpx.Response, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for chunk in answer.aiter_raw(CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise FhirError("too-large", f"A file to import has {MOST_BYTES} bytes at most", "input.url")
            await asyncio.to_thread(file.write, chunk)
