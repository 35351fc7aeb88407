from importlib.resources import files

import pytest

from adapters.local.layout import layout

TYPES = sorted(
    each.name.removesuffix(".yaml")
    for each in files("adapters.local.layouts").iterdir()
    if each.name.endswith(".yaml")
)


@pytest.mark.parametrize("document", TYPES)
def test_every_table_is_read(document: str) -> None:
    made = layout(document)
    assert made.slots
    for slot in made.slots.values():
        assert slot.section
        assert slot.steps[0].is_act or (slot.entry == 0 and slot.steps[0].name == "text")


def test_steps_tell_statements_from_people() -> None:
    slot = layout("C0009").slots["IIAssistantName"]
    assert [step.is_act for step in slot.steps[:2]] == [True, False]
    assert slot.steps[1].said == "Ⅱ助"


def test_a_type_without_a_table_has_no_places() -> None:
    assert not layout("C0099").slots
    assert not layout("").slots
