"""By which maps a message was translated, as a hospital's file changes them."""

from dataclasses import replace

from adapters.hospitals.folder import hospital_from_yaml
from adapters.hospitals.hospital import Hospitals
from exchange.inbound.map_version import MapVersions, map_version

HOSPITALS = Hospitals("https://base.example")
PLAIN = HOSPITALS.for_facility("H1")
CHANGES = "id: h9\nchanges: {OBX-Observation: {disable: [OBX-17]}}\n"


def test_hospitals_that_change_nothing_have_one_version() -> None:
    assert map_version(PLAIN, False) == map_version(HOSPITALS.for_facility("Some other"), False)
    assert map_version(PLAIN, False) != map_version(PLAIN, True)
    assert map_version(PLAIN, False).startswith("0.")


def test_whatever_changes_a_translation_changes_the_version() -> None:
    changed = replace(hospital_from_yaml(CHANGES, "h9.yaml"), base=PLAIN.base)
    settings = {"timezone": "UTC", "charset": "GB18030", "systems": {"PI": "urn:x"}, "base": "https://b"}
    others = [changed, *(replace(PLAIN, **{name: value}) for name, value in settings.items())]
    assert len({map_version(each, False) for each in (PLAIN, *others)}) == 6


def test_a_version_is_remembered() -> None:
    versions = MapVersions()
    assert versions.of(PLAIN, False) is versions.of(PLAIN, False)
