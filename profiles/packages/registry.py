"""A registry of packages that speaks the NPM protocol.

https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import httpx
import msgspec

from profiles.packages.package import PackageError

MAX_LISTING: Final = 32 << 20
MAX_ARCHIVE: Final = 256 << 20
MAX_REDIRECTS: Final = 5
SCHEMES: Final = ("http", "https")
_DIGESTS: Final = ("sha512", "sha384", "sha256")


class Distribution(msgspec.Struct, frozen=True):
    """Where a version's archive is, and what it must hash to."""

    tarball: str
    shasum: str = ""
    integrity: str = ""


class _Version(msgspec.Struct, frozen=True):
    dist: Distribution


class _Listing(msgspec.Struct, frozen=True, rename={"tags": "dist-tags"}):
    versions: dict[str, _Version] = {}
    tags: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Listing:
    versions: Mapping[str, Distribution]
    tags: Mapping[str, str]


class Registry:
    """Asks one registry. Every method raises PackageError for what it does not get, or does not believe."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url.rstrip("/") + "/"
        self._client = client

    def listing(self, name: str) -> Listing | None:
        """The versions of a package; None if the registry has none of this name."""
        content = self._fetched(urljoin(self._url, quote(name, safe="")), MAX_LISTING)
        if content is None:
            return None
        try:
            found = msgspec.json.decode(content, type=_Listing)
        except msgspec.MsgspecError as error:
            raise PackageError(f"the registry's answer about {name} is no listing: {error}") from error
        return Listing({version: one.dist for version, one in found.versions.items()}, found.tags)

    def archive(self, distribution: Distribution) -> bytes:
        """The .tgz of a version, as its hash says."""
        content = self._fetched(urljoin(self._url, distribution.tarball), MAX_ARCHIVE)
        if content is None:
            raise PackageError(f"{distribution.tarball} is not there")
        _check(content, distribution)
        return content

    def _fetched(self, url: str, limit: int) -> bytes | None:
        """What a URL gives, redirects followed; never from https to http."""
        for _ in range(MAX_REDIRECTS):
            if urlsplit(url).scheme not in SCHEMES:
                raise PackageError(f"{url} is no URL of a registry")
            answer = self._answer(url, limit)
            if not isinstance(answer, str):
                return answer
            if urlsplit(url).scheme == "https" and urlsplit(answer).scheme != "https":
                raise PackageError(f"{url} leads to {answer}, which is not https")
            url = answer
        raise PackageError(f"{url}: too many redirects")

    def _answer(self, url: str, limit: int) -> bytes | str | None:
        """The content, where it is instead, or None if it is not there."""
        try:
            with self._client.stream("GET", url, follow_redirects=False) as response:
                if response.has_redirect_location:
                    return urljoin(url, response.headers["location"])
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                response.raise_for_status()
                return _bounded(response, limit)
        except httpx.HTTPError as error:
            raise PackageError(f"{url}: {error}") from error


def _bounded(response: httpx.Response, limit: int) -> bytes:
    parts: list[bytes] = []
    for part in response.iter_bytes():
        parts.append(part)
        limit -= len(part)
        if limit < 0:
            raise PackageError(f"{response.url} gives more than is believable for a package")
    return b"".join(parts)


def _check(content: bytes, distribution: Distribution) -> None:
    """`integrity` may name several hashes, of which the strongest counts; `shasum` is SHA-1 in hex."""
    stated = dict(one.partition("-")[::2] for one in distribution.integrity.split())
    strongest = next((name for name in _DIGESTS if name in stated), None)
    if strongest:
        found = base64.b64encode(hashlib.new(strongest, content).digest()).decode()
        is_right = found == stated[strongest].partition("?")[0]
    else:
        found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        is_right = not distribution.shasum or found == distribution.shasum.lower()
    if not is_right:
        raise PackageError(
            f"{distribution.tarball} is not what the registry says it is (its hash is {found})"
        )
