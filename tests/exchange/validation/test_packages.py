"""A hub judges by the profiles of packages that a setting names, and by its own."""

from pathlib import Path

import httpx
import msgspec
import pytest

from exchange.app import build_app
from exchange.hub import open_hub
from exchange.settings import Settings
from exchange.validation.packages import packages_told
from profiles.cn.structures import structure_url
from profiles.packages.cache import PackageCache
from profiles.packages.package import Package, PackageError
from tests.exchange.conftest import FHIR, token
from tests.stock import EMPTY

PROFILE = {
    "resourceType": "StructureDefinition",
    "url": "http://example.org/StructureDefinition/named",
    "name": "Named",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Organization",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Organization",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Organization.name", "path": "Organization.name", "min": 1}]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = {"name": "example.named", "version": "1.2.0", "dependencies": {"gone": "1.0.0"}}
    files = {"package.json": msgspec.json.encode(manifest), "named.json": msgspec.json.encode(PROFILE)}
    PackageCache(tmp_path).put("example.named", "1.2.0", Package(files))
    return tmp_path


def test_packages_are_found_by_name_and_by_path(folder: Path) -> None:
    for told in ("example.named", "example.named#1.x", str(folder / "example.named#1.2.0")):
        [package] = packages_told(told, folder)
        assert package.manifest["version"] == "1.2.0"
    for told in ("example.named#2.x", "nothing"):
        with pytest.raises(PackageError):
            packages_told(told, folder)


async def test_a_hub_rejects_by_profiles_of_packages_and_its_own(lasting_database: str, folder: Path) -> None:
    settings = Settings(
        data_dir=folder,
        pool_size=4,
        package_folder=folder,
        packages="example.named#1.x",
        validation=f"Organization=reject,{PROFILE['url']} Patient=reject,{structure_url('cn-patient')}",
    )
    async with open_hub(settings, lasting_database) as hub:
        await hub.pool.execute(EMPTY)
        headers = {"Authorization": f"Bearer {await token(hub, 'system/*.cruds')}"}
        transport = httpx.ASGITransport(build_app(hub))
        async with httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers) as client:
            for resource, status in (
                ({"resourceType": "Organization", "active": True}, 422),
                ({"resourceType": "Organization", "name": "x"}, 201),
                ({"resourceType": "Patient", "active": True}, 422),
                ({"resourceType": "Patient", "identifier": [{"system": "urn:a", "value": "1"}]}, 201),
            ):
                answer = await client.post(str(resource["resourceType"]), json=resource)
                assert answer.status_code == status, answer.text
