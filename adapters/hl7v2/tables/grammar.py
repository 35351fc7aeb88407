"""The message structures of HL7 v2.1 to 2.8.2 as trees of slots and groups (tables/structures.json).

HL7 v2.8 chapter 2, 2.12 Message structure; Table 0354 says which events share a structure.
"""

import json
import re
from functools import cache, lru_cache
from importlib.resources import files

ANY = "ANYHL7SEGMENT"
_TOKEN = re.compile(r"([A-Za-z][A-Za-z0-9_]*)([?*+]?)([(<]?)|([)>])")

# Table 0354: events that use the structure of another event. Where a version gives the event a structure of
# its own (2.1, 2.2), that one is used.
_SHARED = {
    "ADT_A01": "A04 A08 A13 A56 A57 A58 A59",
    "ADT_A05": "A14 A28 A31",
    "ADT_A06": "A07",
    "ADT_A09": "A10 A11 A12",
    "ADT_A21": "A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A34 A35 A36 A46 A47 A48 A49",
    "ADT_A39": "A40 A41 A42",
    "ADT_A43": "A44",
    "ADT_A50": "A51",
    "ADT_A52": "A53",
    "ADT_A54": "A55",
    "ADT_A61": "A62",
    "CRM_C01": "C02 C03 C04 C05 C06 C07 C08",
    "CSU_C09": "C10 C11 C12",
    "MDM_T01": "T03 T05 T07 T09 T11",
    "MDM_T02": "T04 T06 T08 T10",
    "ORU_R30": "R31 R32",
    "PEX_P07": "P08",
    "PGL_PC6": "PC7 PC8",
    "PPP_PCB": "PCC PCD",
    "PPR_PC1": "PC2 PC3",
    "RDE_O11": "O25",
    "REF_I12": "I13 I14 I15",
    "RPA_I08": "I09 I10 I11",
    "RQA_I08": "I09 I10 I11",
    "RRI_I12": "I13 I14 I15",
    "SIU_S12": "S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26 S27",
    "SRM_S01": "S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
    "SRR_S01": "S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
}
_STRUCTURE_OF = {
    f"{structure[:3]}_{event}": structure for structure, events in _SHARED.items() for event in events.split()
}
# The answer to QRY^A19, which some send as an ADT.
_STRUCTURE_OF["ADT_A19"] = "ADR_A19"
# One name for one thing across versions.
_RENAMED = {
    ("ORU_R01", "RESPONSE"): "PATIENT_RESULT",
    ("REF_I12", "OBSERVATION"): "ORDER_OBSERVATION",
}
# An ORC after an OBR begins the next order, not the order of a prior result, unless a PID came before it: the
# standard's grammar leaves both open.
_FIRST = frozenset(("PATIENT_PRIOR",))
# Groups that hl7apy named after their segments.
_UNNAMED = {
    "OBXTCDSIDNTE_SUPPGRP": "RESULT",
    "OBXNTE_SUPPGRP": "OBSERVATION",
    "PIDPD1NTE_SUPPGRP": "PATIENT",
    "PV1PV2_SUPPGRP": "VISIT",
    "TQ1TQ2_SUPPGRP": "TIMING_QTY",
    "SPMOBXSACINV_SUPPGRP": "SPECIMEN",
    "SPMOBXSACINVOBRORCNTETQ1TQ2OBXTCDSIDNTECTI_SUPPGRP": "SPECIMEN",
}


class Node:
    """A segment's slot, or a group (`children`), in a structure."""

    __slots__ = ("children", "choice", "depth", "index", "name", "optional", "parent", "repeats")

    def __init__(self, name: str, mark: str, parent: "Node | None", choice: bool = False) -> None:
        self.name = name
        self.optional = mark in ("?", "*")
        self.repeats = mark in ("+", "*")
        self.parent = parent
        self.choice = choice
        self.children: list[Node] = []
        self.index = len(parent.children) if parent else 0
        self.depth: int = parent.depth + 1 if parent else 0

    @property
    def nullable(self) -> bool:
        """May it be left out?"""
        if self.optional or not self.children:
            return self.optional
        every = any if self.choice else all
        return every(child.nullable for child in self.children)


def grammar(structure: str, version: str) -> Node | None:
    """The structure in a version, or None where that version does not have it."""
    return _grammar(structure, _nearest(version))


@cache
def group_names() -> frozenset[str]:
    """Every group of any structure in any version."""
    found = {
        name
        for lines in _lines().values()
        for text in lines.values()
        for name, _, opening, closing in _TOKEN.findall(text)
        if opening and not closing
    }
    return frozenset(found | {*_UNNAMED.values(), *_RENAMED.values()})


@cache
def latest(structure: str) -> Node | None:
    """The structure in the newest version that has it."""
    having = [version for version, lines in _lines().items() if structure in lines]
    return _grammar(structure, having[-1]) if having else None


@cache
def _grammar(structure: str, version: str) -> Node | None:
    text = _lines()[version].get(structure)
    if text is None:
        return None
    node = root = Node(structure, "", None)
    for name, mark, opening, closing in _TOKEN.findall(text):
        if closing:
            assert node.parent is not None
            node = node.parent
            continue
        called = _RENAMED.get((structure, name)) or _UNNAMED.get(name, name)
        child = Node(called, "" if name in _FIRST else mark, node, opening == "<")
        node.children.append(child)
        if opening:
            node = child
    return root


@lru_cache(maxsize=4096)  # MSH-9 comes from outside
def structure_name(code: str, event: str, structure: str, version: str) -> str | None:
    """The structure that MSH-9 means: the event's, else the one that events share, else the one it names,
    which many senders fill in wrongly."""
    shared = _STRUCTURE_OF.get(f"{code}_{event}")
    candidates = [name for name in (f"{code}_{event}", shared, structure) if name]
    for lines in (_lines()[_nearest(version)], *reversed(_lines().values())):
        for name in candidates:
            if name in lines:
                return name
    return None


@cache
def _lines() -> dict[str, dict[str, str]]:
    """Version → structure → line, with the differences between versions put together again."""
    versions = json.loads(files(__package__).joinpath("structures.json").read_text("utf-8"))["versions"]
    known: dict[str, str] = {}
    complete: dict[str, dict[str, str]] = {}
    for version in sorted(versions, key=_order):
        known = {name: text for name, text in (known | versions[version]).items() if text is not None}
        complete[version] = known
    return complete


@lru_cache(maxsize=256)
def _nearest(version: str) -> str:
    """The newest version we have that is not newer; 2.5.1 where MSH-12 says nothing readable."""
    wanted = _order(version)
    if not wanted:
        return "2.5.1"
    older = [known for known in _lines() if _order(known) <= wanted]
    return max(older, key=_order, default="2.1")


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d{1,4}", version)))
