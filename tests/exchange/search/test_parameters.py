import json
from functools import cache

from exchange.search.generate_parameter_ids import FILE, extended
from exchange.search.parameters import parameter_ids, parameters_of
from exchange.search.source import Parameter
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


def test_what_is_not_supported_says_so() -> None:
    refused = {code for code, parameter in of("Patient").items() if parameter.refusal}
    assert refused == {"_content", "_filter", "_query", "_text", "age", "birthOrderBoolean", "phonetic"}
    assert "composite" in of("Observation")["code-value-quantity"].refusal


def test_all_other_parameters_of_the_ordinary_types_are_searchable() -> None:
    refused = {
        parameter.code
        for name in definitions().resource_types
        for parameter in of(name).values()
        if parameter.refusal and parameter.type not in ("composite", "special") and parameter.code[0] != "_"
    }
    assert refused == {"age", "birthOrderBoolean", "composition", "message", "phonetic"}
