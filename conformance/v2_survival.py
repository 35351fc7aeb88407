"""Which values of a message are found again in what was made of it, and which references lead nowhere.

A value survives if its letters and digits, in any case, stand in a value of the output; a time if the output
has its date and clock; the name of a table or of a system (`HL70005`, `ISO3166_1`) if its URI is there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

SHORTEST: Final = 4
_TIME = re.compile(r"(\d{8}(?:\d{2}(?:\d{2}(?:\d{2})?)?)?)(?:\.\d+)?(?:[+-]\d{4})?")
# Names that R4 spells as URIs or as codes of its own.
_TABLE = re.compile(r"HL7\d{4}")
_RENAMED: Final = {
    "iso31661": "urnisostdiso3166",
    "internet": "email",
    "guid": "urnuuid",
    "ucum": "httpunitsofmeasureorg",
}
_PLAIN = re.compile(r"\W+|_+")


def tangible(value: str) -> bool:
    """Long enough not to be found by chance."""
    return len(value.strip()) >= SHORTEST


def share(values: Sequence[str], output: Any) -> float:
    """Of the values, how many are in the output; 1 of none."""
    texts = [plain(text) for text in strings(output)]
    whole = "\n".join(texts)
    return sum(survives(value, texts, whole) for value in values) / len(values) if values else 1.0


def survives(value: str, texts: Iterable[str], whole: str) -> bool:
    """`texts` are the output's values, `whole` all of them, as letters and digits."""
    bare = plain(value)
    if not bare or bare in whole or (_TABLE.fullmatch(value) and f"v2{value[3:]}" in whole):
        return True
    if (renamed := _RENAMED.get(bare)) and renamed in whole:
        return True
    moment = _TIME.fullmatch(value)
    return moment is not None and any(
        text.replace("t", "").startswith(moment[1]) for text in texts if text[:4].isdigit()
    )


def plain(text: str) -> str:
    return _PLAIN.sub("", text).casefold()


def strings(value: Any) -> Iterator[str]:
    """Every string and number in JSON."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def dangling(resources: Sequence[dict[str, Any]]) -> Iterator[str]:
    """References to what is not among the resources."""
    there = {f"{each['resourceType']}/{each.get('id')}" for each in resources}
    for each in resources:
        for found in references(each):
            if found not in there:
                yield f"dangling: {each['resourceType']} → {found}"


def references(value: Any) -> Iterator[str]:
    """Every literal reference in JSON."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)
