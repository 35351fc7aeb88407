"""Records of made-up people, some twice and with slips of the pen."""

import random
from typing import Final

GIVEN: Final = [
    "anna",
    "bruno",
    "carla",
    "dmitri",
    "elena",
    "farid",
    "greta",
    "hugo",
    "irina",
    "jonas",
    "klara",
    "lukas",
    "maria",
    "nadia",
    "oscar",
]
SURNAMES: Final = [
    "abel",
    "brandt",
    "castro",
    "duarte",
    "egger",
    "fischer",
    "gruber",
    "haas",
    "ibrahim",
    "jansen",
    "keller",
    "lorenz",
]
STREETS: Final = ["birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak"]
KINDS: Final = {
    "given": "name",
    "surname": "name",
    "born": "date",
    "street": "address",
    "number": "identifier",
    "sex": "sex",
}
COLUMNS: Final = {
    "columns": {
        **{name: {"kind": kind} for name, kind in KINDS.items()},
        "given": {"kind": "name", "swapped_with": "surname"},
    }
}


def people(size: int, seed: int = 1) -> tuple[dict[str, list[str]], list[int]]:
    """Columns of `size` people, the first half of them twice, and who each record is."""
    draw = random.Random(seed)
    persons = [_person(draw) for _ in range(size)]
    records = [*persons, *(_mistaken(person, draw) for person in persons[: size // 2])]
    return {name: [record[name] for record in records] for name in KINDS}, [*range(size), *range(size // 2)]


def _person(draw: random.Random) -> dict[str, str]:
    return {
        "given": draw.choice(GIVEN),
        "surname": draw.choice(SURNAMES) + draw.choice(("", "", "sen", "mann", "ova")),
        "born": f"{draw.randint(1930, 2015)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        "street": f"{draw.randint(1, 99)} {draw.choice(STREETS)} street",
        "number": str(draw.randint(10**7, 10**8 - 1)),
        "sex": draw.choice(("male", "female")),
    }


def _mistaken(person: dict[str, str], draw: random.Random) -> dict[str, str]:
    made = dict(person)
    for name in draw.sample(("given", "surname", "street", "number"), draw.randint(0, 2)):
        at = draw.randrange(len(made[name]))
        made[name] = draw.choice(("", made[name][:at] + made[name][at + 1 :]))
    return made
