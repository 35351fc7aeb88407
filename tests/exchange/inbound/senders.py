"""Messages as senders write them, and a translation of them that can be made to fail."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Coverage, Entry, Translation
from terminology.issue import Issue


def message(
    control_id: str, patient: str = "1", name: str = "王^伟", codec: str = "utf-8", **msh: str
) -> bytes:
    """`msh` are fields of MSH by number (`f15="AL"`)."""
    fields = {
        "3": "HIS",
        "4": "H1",
        "7": "20240101",
        "9": "ADT^A04",
        "10": control_id,
        "11": "P",
        "12": "2.5.1",
    }
    fields |= {number.removeprefix("f"): value for number, value in msh.items()}
    header = "|".join(fields.get(str(number), "") for number in range(3, 19)).rstrip("|")
    return f"MSH|^~\\&|{header}\rPID|1||{patient}^^^H1^PI||{name}\r".encode(codec)


def translate_simply(message: Message, hospital: Hospital, received: datetime) -> Translation:
    """A Patient of PID-3 and PID-5. So that failures can be had: a name `CRASH` raises, `REFUSE` is refused
    by the translation, `INVALID` makes a resource that may not be stored."""
    number, family = message.text("PID-3"), message.text("PID-5.1")
    if family == "CRASH":
        raise ZeroDivisionError
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": patient_id(number, hospital.id),
        "identifier": [{"system": hospital.identifier_system("PI"), "value": number}],
        "name": [{"family": family}],
        "gender": "nonsense" if family == "INVALID" else "unknown",
    }
    issues = [Issue("error", "required", "no such name", "PID-5")] if family == "REFUSE" else []
    return Translation([Entry(patient)], issues, Coverage(2, 1, 0), [])


def patient_id(number: str, hospital: str = "h1") -> str:
    return str(uuid5(NAMESPACE_URL, f"{hospital}/{number}"))
