"""Remembered results stand in many resources: one object, that nobody changes."""

from datetime import UTC, datetime

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions

RECEIVED = datetime(2024, 3, 1, tzinfo=UTC)
HOSPITAL = Hospitals("https://b.example").for_facility("H1")
MSH = "MSH|^~\\&|LIS|H1|HUB|R|20240301||"
REPORT = (
    f"{MSH}ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7^^^H1^MR||A^B\rOBR|1||F1^L|X^Y^L|||20240301||||||||1^Li^W\r"
    "OBX|1|NM|6690-2^WBC^LN||4.1|10*9/L|||||F\r"
)
# The same doctor, told of by a function and by a map of its own.
STAFF = f"{MSH}MFN^M02^MFN_M02|2|P|2.5.1\rMFI|STF||UPD|||AL\rMFE|MAD|||1|CE\rSTF|1|1^^^H1|Li^W^^^Dr||M\r"


def translated(library: MapLibrary, text: str) -> Translation:
    return translate(parse(text), HOSPITAL, RECEIVED, library.of(HOSPITAL))


def test_a_code_that_comes_again_is_the_same_object() -> None:
    library = MapLibrary(definitions())
    codes = []
    for _ in range(2):
        [observation] = [
            entry.resource
            for entry in translated(library, REPORT).entries
            if entry.resource["resourceType"] == "Observation"
        ]
        codes.append((observation["code"], observation["valueQuantity"]))
    assert codes[0][0] is codes[1][0]
    assert codes[0][1] is codes[1][1]


def test_what_one_message_says_never_shows_in_another() -> None:
    """Whatever was translated before, the same bytes give the same resources."""
    fresh = translated(MapLibrary(definitions()), REPORT).bundle()
    library = MapLibrary(definitions())
    for text in (REPORT, STAFF, REPORT, REPORT.replace("||A^B", "||C^D")):
        translated(library, text)
    assert translated(library, REPORT).bundle() == fresh
