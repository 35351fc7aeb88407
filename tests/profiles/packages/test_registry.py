"""A registry is asked by the NPM protocol, and what it gives is not simply believed."""

import base64
import hashlib
from collections.abc import Iterator

import httpx
import pytest

import profiles.packages.registry
from profiles.packages.package import PackageError, unpacked
from profiles.packages.registry import Distribution, Registry
from tests.profiles.packages.registries import Shop, registry


@pytest.fixture
def shop() -> Iterator[Shop]:
    with registry() as opened:
        yield opened


@pytest.fixture
def asking(shop: Shop) -> Iterator[Registry]:
    with httpx.Client(trust_env=False) as client:
        yield Registry(shop.url, client)


def test_versions_tags_and_archives_are_found(shop: Shop, asking: Registry) -> None:
    shop.sell("a.b", "1.0.0", {})
    shop.sell("a.b", "1.1.0", {"c": "1.x"})
    listing = asking.listing("a.b")
    assert listing is not None
    assert list(listing.versions) == ["1.0.0", "1.1.0"]
    assert listing.tags == {"latest": "1.1.0"}
    package = unpacked(asking.archive(listing.versions["1.1.0"]))
    assert package.manifest["dependencies"] == {"c": "1.x"}


def test_a_package_that_is_not_there(asking: Registry) -> None:
    assert asking.listing("nothing") is None
    with pytest.raises(PackageError, match="is not there"):
        asking.archive(Distribution("nothing.tgz"))


@pytest.mark.parametrize("name", ["sha512", "sha256"])
def test_the_strongest_hash_decides(shop: Shop, asking: Registry, name: str) -> None:
    shop.files["/a.tgz"] = b"a"
    right = f"{name}-" + base64.b64encode(hashlib.new(name, b"a").digest()).decode()
    assert asking.archive(Distribution(f"{shop.url}/a.tgz", "ignored", right)) == b"a"
    wrong = right[:-4] + "AAA="
    for one in (Distribution("/a.tgz", "", wrong), Distribution("/a.tgz", "0" * 40)):
        with pytest.raises(PackageError, match="is not what the registry says"):
            asking.archive(one)


def test_redirects_are_followed_a_few_times(shop: Shop, asking: Registry) -> None:
    shop.files |= {"/a.tgz": "/b.tgz", "/b.tgz": f"{shop.url}/c.tgz", "/c.tgz": b"c", "/d.tgz": "/d.tgz"}
    assert asking.archive(Distribution("/a.tgz")) == b"c"
    with pytest.raises(PackageError, match="too many redirects"):
        asking.archive(Distribution("/d.tgz"))


@pytest.mark.parametrize("tarball", ["file:///etc/passwd", "ftp://127.0.0.1/a.tgz"])
def test_archives_come_by_http_only(asking: Registry, tarball: str) -> None:
    with pytest.raises(PackageError, match="no URL of a registry"):
        asking.archive(Distribution(tarball))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"versions": []}', b"<html>"])
def test_a_listing_that_is_none_is_refused(shop: Shop, asking: Registry, content: bytes) -> None:
    shop.files["/a"] = content
    with pytest.raises(PackageError, match="no listing"):
        asking.listing("a")


def test_what_is_too_long_is_not_taken(shop: Shop, asking: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles.packages.registry, "MAX_ARCHIVE", 10)
    shop.files["/a.tgz"] = b"a" * 11
    with pytest.raises(PackageError, match="more than is believable"):
        asking.archive(Distribution("/a.tgz"))


def test_a_registry_that_does_not_answer_is_told() -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(PackageError):
        Registry("http://127.0.0.1:9", client).listing("a")
