"""The demonstration's world is the same for the same seed, and true to the standards it speaks."""

from adapters.hl7v2.charset import decode
from exchange.demo.world import world
from mpi.citizen_id import citizen_id


def test_same_seed_same_bytes() -> None:
    assert world(7, 5, 20).messages == world(7, 5, 20).messages
    assert world(7, 5, 20).messages != world(8, 5, 20).messages


def test_citizen_ids_are_valid_and_say_birth_and_sex() -> None:
    for resident in world(1, 3, 200).residents:
        parsed = citizen_id(resident.citizen_id)
        assert parsed is not None
        assert parsed.birth_date == resident.born
        assert (parsed.sex == "male") is resident.male


def test_every_message_decodes_to_its_resident_in_its_charset() -> None:
    made = world(1, 4, 40)
    names = {f"{resident.family}^{resident.given}" for resident in made.residents}
    for hospital in made.hospitals:
        for raw in made.messages[hospital.code]:
            text = decode(raw, None)
            pid = next(line for line in text.split("\r") if line.startswith("PID"))
            assert pid.split("|")[5] in names
            assert hospital.name in text


def test_control_ids_are_unique_per_sender() -> None:
    made = world(1, 4, 40)
    for sent in made.messages.values():
        identifiers = [raw.split(b"|")[9] for raw in sent]
        assert len(set(identifiers)) == len(identifiers)
