import json
from collections.abc import Iterator
from functools import cache

import pytest

from exchange.search.definition.expression import Path, UnsupportedExpression, paths
from exchange.search.definition.generate_parameter_ids import FILE, extended
from exchange.search.definition.parameters import parameter_ids, parameters_of
from exchange.search.definition.source import Parameter
from profiles.definitions import definitions


@cache
def of(resource_type: str) -> dict[str, Parameter]:
    return parameters_of(definitions(), resource_type, parameter_ids())


def test_the_ids_are_complete_and_their_order_never_changes() -> None:
    listed = json.loads(FILE.read_text())["paths"]
    assert extended(listed, definitions()) == listed
    assert len(set(listed)) == len(listed) < 32768
    some = (
        "Account.identifier",
        "Observation.value as Quantity",
        "Patient.identifier",
        "Patient.name.family",
    )
    assert [parameter_ids()[path] for path in some] == [1, 375, 420, 421]


def test_a_paths_id_stays_when_others_are_added() -> None:
    listed = json.loads(FILE.read_text())["paths"]
    assert extended(listed[100:], definitions())[: len(listed) - 100] == listed[100:]


def test_code_and_combo_code_share_what_is_indexed_once() -> None:
    parameters = of("Observation")
    assert parameters["code"].keys == {"Observation.code"}
    assert parameters["combo-code"].keys == {"Observation.code", "Observation.component.code"}


def test_a_name_is_searched_by_its_parts() -> None:
    name = of("Patient")["name"]
    parts = {source.key.removeprefix("Patient.name.") for source in name.sources}
    assert parts == {"family", "given", "prefix", "suffix", "text", "whole"}
    assert of("Patient")["family"].keys < name.keys


def test_a_choice_is_read_by_its_json_names() -> None:
    found = {(source.names, source.data_type) for source in of("Observation")["date"].sources}
    assert found == {
        (("effectiveDateTime",), "dateTime"),
        (("effectivePeriod",), "Period"),
        (("effectiveTiming",), "Timing"),
        (("effectiveInstant",), "instant"),
    }


def test_every_parameter_of_every_type_is_searchable() -> None:
    refused = {
        parameter.code
        for name in definitions().resource_types
        for parameter in of(name).values()
        if parameter.refusal
    }
    assert refused == {"_query"}  # no named queries are defined


@pytest.mark.parametrize("resource_type", sorted(definitions().resource_types))
def test_no_alternative_of_an_expression_is_left_out(resource_type: str) -> None:
    for parameter in definitions().search_parameters:
        if resource_type in parameter.base and parameter.expression and parameter.type != "composite":
            for path in _own_paths(resource_type, parameter.code, parameter.expression):
                keys = of(resource_type)[parameter.code].keys
                assert any(key == path or key.startswith(f"{path}.") for key in keys), (parameter.code, path)


def _own_paths(resource_type: str, code: str, expression: str) -> Iterator[str]:
    """Of each alternative about the type, the key of what it reads."""
    try:
        alternatives = paths(expression)
    except UnsupportedExpression:
        assert code in ("deceased", "composition", "message")  # put into elements by hand
        return
    for path in alternatives:
        if path.resource_type in (resource_type, "Resource", "DomainResource", ""):
            yield Path(resource_type, path.steps).key


def test_a_composite_of_the_resource_itself_needs_no_grouping() -> None:
    own, component = of("Observation")["combo-code-value-quantity"].composites
    assert (own.grouped, own.stored, own.context.names) == (False, "composite_index", ())
    assert (component.grouped, component.stored) == (True, "composite_index")
    assert component.context.names == ("component",)
    assert [[source.key for source in part] for part in component.parts] == [
        ["Observation.component.code"],
        ["Observation.component.value as Quantity"],
    ]
    (concept, *_) = of("Observation")["code-value-concept"].composites
    assert (concept.grouped, concept.stored) == (False, "")


def test_every_composite_has_all_its_parts() -> None:
    for name in definitions().resource_types:
        for parameter in of(name).values():
            if parameter.type == "composite":
                assert all(all(context.parts) for context in parameter.composites)
                assert {len(context.parts) for context in parameter.composites} <= {2, 3}
