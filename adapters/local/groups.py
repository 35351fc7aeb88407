"""Groups of local fields that are one thing: a diagnosis, an order with all who had to do with it.

WS/T 500-2016.
"""

import re
from collections.abc import Callable, Collection

from adapters.local.building import CONSTANT, added, grown, observation, put
from adapters.local.fields import Field
from adapters.trees.element import Element, is_valued

_PART = re.compile(r"(?:.*Diag(?:nosis)?(?:Disease)?)?(Code|Name|Value|Time|Date|Sequence)$")
_SYNDROME = re.compile(r"(?:.*(?:Symptom|syndrome|Syndrome))(Code|Name|Value)$")
_STEP = re.compile(
    r"Order(Make|Create|Author|Audit|Check|Stop|Cancel|Excut)(?:e|or)?(Time|(?:Person)?(?:Code|Name)?|Dept(?:Name|Code)?)$"
)
_MADE = {"Create": "Make", "Author": "Make"}
ITEM = "DE06.00.288.00"
_STATE = "DE06.00.290.00"
_ROLES = {
    "Make": "医嘱开立者",
    "Audit": "医嘱审核人",
    "Check": "医嘱核对人",
    "Stop": "医嘱停止人",
    "Cancel": "医嘱取消人",
    "Excut": "医嘱执行者",
}
_PATHOLOGY = "2.16.156.10011.1.8"
WESTERN = ("DE05.01.025.00", "DE05.01.024.00", "2.16.156.10011.2.3.3.11.3")
CHINESE = ("DE05.10.172.00", "DE05.10.130.00", "2.16.156.10011.2.3.3.14")


def is_diagnosis(kinds: Collection[str]) -> bool:
    """Whether all fields of a group are parts of one diagnosis."""
    parts = {_part(each) for each in kinds}
    return "" not in parts and bool(parts & {"Code", "Name"})


def _part(name: str) -> str:
    if found := _SYNDROME.match(name):
        return f"Syndrome{found[1]}"
    if name.endswith(("Sequence", "IDNumber")):
        return "Sequence" if name.endswith("Sequence") else "Number"
    if name.startswith("Adm") and name.endswith("DiagCode"):
        return "Admission"
    found = _PART.match(name)
    return found[1] if found else ""


def diagnosis(entry: Element, called: str, row: Element, of_chinese_medicine: bool) -> None:
    """A diagnosis by its name, with its code, its rank and, of Chinese medicine, its syndrome inside."""
    fields = {_part(each.name): each for each in row.children if is_valued(each)}
    chinese = of_chinese_medicine or any(key.startswith("Syndrome") for key in fields)
    name_element, code_element, system = CHINESE if chinese else WESTERN
    named, coded = fields.get("Value") or fields.get("Name"), fields.get("Code")
    if named is None and coded is not None:
        _value(observation(entry, code_element, called), coded, "code", system)
        return
    made = observation(entry, name_element, called)
    if (number := fields.get("Number")) is not None:
        put(added(made, "id"), "extension", number.leaves[""], _PATHOLOGY)
    if named is not None:
        _value(made, named, "")
    if (when := fields.get("Time") or fields.get("Date")) is not None:
        put(added(made, "effectiveTime"), "value", when.leaves[""])
    if coded is not None:
        inner = _inner(made, code_element, "病名" if chinese else "诊断编码")
        _value(inner, coded, "code", system)
        if "Value" in fields and "Name" in fields:
            put(grown(inner, "value"), "displayName", fields["Name"].leaves[""])
    if (syndrome := fields.get("SyndromeValue") or fields.get("SyndromeName")) is not None:
        _value(_inner(made, name_element, "证候名称"), syndrome, "")
    if (syndrome := fields.get("SyndromeCode")) is not None:
        inner = _inner(made, code_element, "证候代码")
        _value(inner, syndrome, "code", system)
        if "SyndromeValue" in fields and "SyndromeName" in fields:
            put(grown(inner, "value"), "displayName", fields["SyndromeName"].leaves[""])
    if (state := fields.get("Admission")) is not None:
        _value(_inner(made, "DE09.00.104.00", "入院病情代码"), state, "code")
    if (rank := fields.get("Sequence")) is not None:
        _value(_inner(made, "DE05.01.080.00", "诊断顺位"), rank, "value")


def coded_diagnosis(entry: Element, called: str, row: Element) -> None:
    """A diagnosis by its code, with its name beside it."""
    fields = {_part(each.name): each for each in row.children if is_valued(each)}
    made = observation(entry, WESTERN[1], called)
    _value(made, fields["Code"], "code", WESTERN[2])
    put(grown(made, "value"), "displayName", fields["Name"].leaves[""])


def is_coded(row: Element) -> bool:
    """Whether a diagnosis is a code and its name alone."""
    return sorted(_part(each.name) for each in row.children if is_valued(each)) == ["Code", "Name"]


def _inner(made: Element, element: str, name: str) -> Element:
    return observation(added(made, "entryRelationship", typeCode="COMP"), element, name)


def _value(made: Element, field: Element, attribute: str, system: str = "") -> None:
    value = added(made, "value")
    kind = {"code": "CD", "value": "INT"}.get(attribute, "ST")
    value.leaves["xsi:type"] = (CONSTANT, kind)
    put(value, attribute, field.leaves[""], system)


def order(
    entry: Element, row: Element, field: Callable[[str], Field], within: Callable[[Element, str], bool]
) -> None:
    """An order: its kind, what is ordered and when, who gave, checked, stopped and carried it out; the last
    with the order's state where the layout has a field `within` that statement."""
    organizer = added(entry, "organizer", classCode="CLUSTER", moodCode="EVN")
    main = observation(added(organizer, "component"), ITEM, "医嘱项目内容")
    fields = [each for each in row.children if is_valued(each)]
    states = [each for each in fields if field(each.name).element == _STATE]
    done = main
    for each in states:
        done = _inner(main, _STATE, field(each.name).name)
        _value(done, each, "")
    inside = {_step(each) for each in fields if within(each, _STATE)}
    for each in fields:
        if each not in states:
            about = done if _step(each) in inside else main
            _ordered(organizer, main, about, each, field(each.name))


def _step(field: Element) -> str:
    """What somebody did with an order, by its field's name."""
    found = _STEP.match(field.name)
    return found[1] if found else ""


def _ordered(organizer: Element, main: Element, about: Element, each: Element, known: Field) -> None:
    """One field of an order; `about` is the statement that a person had to do with."""
    if step := _STEP.match(each.name):
        _who(about, step[1], step[2], each)
    elif known.element == "DE06.00.289.00" or each.name.endswith("TypeName"):
        _kind(organizer, each, known)
    elif known.element == ITEM or each.name.endswith("ItemContent"):
        _value(main, each, "")
    elif each.name.endswith(("TimeLow", "StartTime", "TimeHigh", "EndTime")):
        end = "low" if each.name.endswith(("TimeLow", "StartTime")) else "high"
        put(grown(main, f"effectiveTime/{end}"), "value", each.leaves[""])
    else:
        _value(_inner(main, known.element, known.name), each, "")


def _kind(organizer: Element, field: Element, known: Field) -> None:
    kind = next((each for each in organizer.children if each.leaves.get("kind")), None)
    if kind is None:
        kind = added(organizer, "component", kind="289")
        observation(kind, "DE06.00.289.00", "医嘱项目类型")
    value = grown(kind, "observation/value")
    value.leaves["xsi:type"] = (CONSTANT, "CD")
    if field.name.endswith("Name"):
        put(value, "displayName", field.leaves[""])
    else:
        put(value, "code", field.leaves[""], known.system)


def order_fields(source: Element, field: Callable[[str], Field]) -> list[Element]:
    """The fields of an order that stand alone: those called so, where one says what is ordered."""
    named = [e for e in source.children if e.name.startswith("Order") and is_valued(e) and not e.children]
    told = any(field(e.name).element == ITEM or e.name.endswith("ItemContent") for e in named)
    return named if told and source.name != "row" else []


def _who(main: Element, step: str, part: str, field: Element) -> None:
    """One of those who had to do with an order."""
    step = _MADE.get(step, step)
    way = {"Make": "author", "Excut": "performer"}.get(step, "participant")
    role = {"author": "assignedAuthor", "performer": "assignedEntity"}.get(way, "participantRole")
    taken = next((e for e in main.children if e.peek("step") == step), None)
    target = taken or added(main, way, step=step)
    entity = grown(target, role)
    grown(entity, "code").leaves["displayName"] = (CONSTANT, _ROLES[step])
    if part == "Time":
        put(added(target, "time"), "value", field.leaves[""])
    elif part.startswith("Dept"):
        put(grown(entity, "representedOrganization/name"), "", field.leaves[""])
    elif part.endswith("Code"):
        put(added(entity, "id"), "extension", field.leaves[""], "2.16.156.10011.1.4")
    else:
        person = "playingEntity" if way == "participant" else "assignedPerson"
        put(grown(entity, f"{person}/name"), "", field.leaves[""])
