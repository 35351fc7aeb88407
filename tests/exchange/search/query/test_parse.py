from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.criteria import Search, search_of
from exchange.search.index.extract import compile_extraction
from exchange.search.query.conditions import Identifiers, Tokens
from exchange.search.query.criterion import AnyOf, Patients
from exchange.search.query.parse import parse
from exchange.search.query.query import Query, SearchError, SortKey
from exchange.search.statement import order, statement
from mpi.keys import patient_key
from profiles.definitions import definitions
from tests.exchange.search.asked import SEARCHES
from tests.exchange.search.worlds import BASE, CITIZEN, CITIZEN_ALIAS


@cache
def search() -> Search:
    return search_of(compile_extraction(definitions(), BASE), lambda: datetime(2024, 1, 1, tzinfo=UTC))


def parsed(resource_type: str, *parameters: tuple[str, str]) -> Query:
    return parse(search(), resource_type, parameters)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nmae", "x", "not-supported"),
        ("name:phonetic", "x", "not-supported"),
        ("_text", "!", "invalid"),
        ("_text", "(a or b", "invalid"),
        ("_text", "a) b", "invalid"),
        ("_text", "a and", "invalid"),
        ("_content", '"a', "invalid"),
        ("_content", "not " * 20 + "a", "too-costly"),
        ("_content", "a " * 51, "too-costly"),
        ("_text:exact", "a", "not-supported"),
        ("_list", "$current-problems", "not-supported"),
        ("_list", "Patient/x", "invalid"),
        ("_list", ",".join("x" * 21), "too-costly"),
        ("_query", "x", "not-supported"),
        ("_contained", "true", "not-supported"),
        ("gender:text", "x", "not-supported"),
        ("birthdate:exact", "2024", "not-supported"),
        ("_sort", "near", "not-supported"),
        ("_sort", "nmae", "not-supported"),
        ("name.family", "x", "not-supported"),
        ("organization.nmae", "x", "not-supported"),
        ("_include:all", "Patient:organization", "not-supported"),
        ("_include", "Patient", "invalid"),
        ("_include", "Patient:organization:Nothing", "invalid"),
        ("_include", "Patient:organization:Group", "invalid"),
        ("_include", "Nothing:*", "invalid"),
        ("_include", "Patient:a:b:c", "invalid"),
        ("_revinclude", "Observation:subject:Group", "invalid"),
        ("_include", "Observation:subject", "invalid"),
        ("_revinclude", "Observation:encounter", "invalid"),
        ("_has:Observation:patient", "x", "invalid"),
        ("_has:Nothing:patient:code", "x", "invalid"),
        ("_has:Observation:encounter:code", "x", "invalid"),
        ("name", "", "invalid"),
        ("name", "a,,b", "invalid"),
        ("name", "\u0301", "invalid"),
        ("name", "a\x00", "invalid"),
        ("name", "a\ud800", "invalid"),
        ("birthdate", "yesterday", "invalid"),
        ("birthdate", "2023-02-29", "invalid"),
        ("birthdate", "xx2024", "invalid"),
        ("birthdate:missing", "maybe", "invalid"),
        ("gender", "a|b|c", "invalid"),
        ("gender", "|", "invalid"),
        ("organization", "Patient/1", "invalid"),
        ("_count", "-1", "invalid"),
        ("_count", "ten", "invalid"),
        ("_count", "٣", "invalid"),
        ("_summary", "all", "invalid"),
        ("_total", "some", "invalid"),
        ("_pretty", "yes", "invalid"),
        ("name", ",".join("x" * 1001), "too-costly"),
        ("_sort", "_id,name,family,given,birthdate", "too-costly"),
    ],
)
def test_what_is_not_understood_is_an_error_with_the_parameters_name(
    name: str, value: str, code: str
) -> None:
    with pytest.raises(SearchError) as caught:
        parsed("Patient", (name, value))
    issue = caught.value.issue
    assert (issue.severity, issue.code, issue.expression) == ("error", code, name)
    assert (caught.value.status, caught.value.issues) == (400, (issue,))


def test_lenient_handling_leaves_out_the_unknown_and_says_so() -> None:
    query = parse(search(), "Patient", [("nmae", "x"), ("gender", "male")], "lenient")
    assert len(query.criteria) == 1
    assert query.accepted == (("gender", "male"),)
    assert [(issue.severity, issue.expression) for issue in query.ignored] == [("warning", "nmae")]
    with pytest.raises(SearchError):
        parse(search(), "Patient", [("birthdate", "yesterday")], "lenient")


def test_controls() -> None:
    query = parsed(
        "Observation",
        ("_count", "5000"),
        ("_sort", "-date,_id,_lastUpdated"),
        ("_total", "accurate"),
        ("_elements", "code, status"),
        ("_format", "json"),
        ("_pretty", "true"),
        ("_cursor", "x"),
    )
    assert (query.count, query.total, query.elements) == (1000, "accurate", ("code", "status"))
    assert (query.format, query.pretty, query.cursor) == ("json", True, "x")
    assert query.sort == (SortKey("ts", True), SortKey("id", False), SortKey("updated", False))
    assert ("_cursor", "x") not in query.accepted
    assert parsed("Observation", ("_summary", "count")).count == 0


def test_a_control_that_contradicts_itself() -> None:
    assert parsed("Observation", ("_count", "1"), ("_count", "1")).count == 1
    with pytest.raises(SearchError):
        parsed("Observation", ("_count", "1"), ("_count", "2"))


def test_too_many_parameters() -> None:
    with pytest.raises(SearchError):
        parsed("Patient", *([("name", "x")] * 101))


@pytest.mark.parametrize("value", ["Patient/p", "p", f"{BASE}/Patient/p"])
@pytest.mark.parametrize("name", ["patient", "subject:Patient"])
def test_a_patient_is_asked_for_by_key(name: str, value: str) -> None:
    assert parsed("Observation", (name, value)).criteria == (Patients((patient_key("p"),), several=False),)


def test_a_bare_id_may_be_that_of_any_type() -> None:
    (criterion,) = parsed("Observation", ("subject", "p")).criteria
    assert isinstance(criterion, AnyOf)
    patient, others = criterion.criteria
    assert patient == Patients((patient_key("p"),), several=False)
    assert isinstance(others, Tokens)
    assert others.needles == (b"Group/p", b"Device/p", b"Location/p")


def test_an_alias_of_a_system_is_the_same_search() -> None:
    queries = [parsed("Patient", ("identifier", f"{system}|110")) for system in (CITIZEN, CITIZEN_ALIAS)]
    assert queries[0].criteria == queries[1].criteria == (Identifiers((420,), ((CITIZEN, "110"),)),)


def test_a_code_may_be_asked_for_in_the_system_of_its_value_set() -> None:
    bare, there, elsewhere = (
        parsed("Patient", ("gender", value)).criteria[0]
        for value in ("male", "http://hl7.org/fhir/administrative-gender|male", "http://loinc.org|male")
    )
    assert bare == there != elsewhere


def test_a_patients_resources_come_newest_first_unless_asked_otherwise() -> None:
    assert order.sort_of(parsed("Observation", ("patient", "p"))) == (SortKey("ts", True),)
    assert order.sort_of(parsed("Observation", ("status", "final"))) == ()
    assert order.sort_of(parsed("Observation", ("patient", "p"), ("_sort", "_id"))) == (SortKey("id", False),)


names = st.text(min_size=1, max_size=20)


@given(
    st.sampled_from(sorted(definitions().resource_types)),
    st.lists(st.tuples(names, st.text(max_size=20)), max_size=3),
)
def test_hostile_parameters_are_errors_of_the_client(
    resource_type: str, parameters: list[tuple[str, str]]
) -> None:
    with suppress(SearchError):
        statement.compile(parse(search(), resource_type, parameters), None)


@given(st.data(), st.text(max_size=30))
def test_hostile_values_are_errors_of_the_client(data: st.DataObject, value: str) -> None:
    resource_type = data.draw(st.sampled_from(sorted(SEARCHES)))
    name, _ = data.draw(SEARCHES[resource_type])
    with suppress(SearchError):
        statement.compile(parse(search(), resource_type, [(name, value)]), None)
