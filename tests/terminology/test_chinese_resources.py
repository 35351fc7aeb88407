"""The built-in Chinese tables as resources: valid, expandable, translatable."""

from terminology.checks import CodeOf
from terminology.chinese_resources import BASE, GENDER, chinese_resources
from terminology.expansion import expand
from terminology.library import Library, entry_of
from terminology.naming import ETHNICITY, FAMILY_RELATION, MARITAL_STATUS, SEX
from terminology.options import options_of
from terminology.scope import Scope
from terminology.translate import Wanted, maps_for, translate

LIBRARY = Library(entry_of(each) for each in chinese_resources())


def test_every_value_set_expands() -> None:
    sizes = {}
    for entry in LIBRARY.entries("ValueSet"):
        scope = Scope(LIBRARY, options_of(()))
        value_set = scope.value_set(entry.url)
        assert value_set is not None
        sizes[entry.url.removeprefix(f"{BASE}/ValueSet/cn-")] = expand(scope, value_set).total
    assert sizes == {
        "sex": 4,
        "marital-status": 8,
        "family-relation": 79,
        "identity-document": 8,
        "abo": 5,
        "rh-d": 3,
        "ethnicity": 56,
    }


def test_a_wife_is_a_spouse_and_a_remarried_person_married() -> None:
    for system, code, above in ((FAMILY_RELATION, "12", "10"), (MARITAL_STATUS, "22", "20")):
        found = LIBRARY.code_system(system)
        assert found is not None
        assert [found.codes[n] for n in found.tree.above(found.numbers[code])] == [above]


def test_the_letters_of_a_people_are_a_property() -> None:
    found = LIBRARY.code_system(ETHNICITY)
    assert found is not None
    assert [found.displays[n] for n in found.having("letters", "ZH")] == ["壮族"]


def test_sexes_translate_both_ways() -> None:
    def to(system: str, code: str, wanted: Wanted) -> list[str]:
        codings = [CodeOf(system, code)]
        maps = maps_for(LIBRARY, codings, wanted)
        return [match.concept.code for match in translate(LIBRARY, maps, codings, wanted).matches]

    assert to(SEX, "2", Wanted()) == ["female"]
    assert to(GENDER, "unknown", Wanted(is_reverse=True)) == ["0", "9"]
    assert to(SEX, "2", Wanted(target_system="urn:else")) == []
