"""Whatever is asked of whichever parameter: an answer or a refusal, never a failure of ours."""

from typing import Final
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.criteria.criterion import modifiers
from exchange.search.definition.leading import Registry
from profiles.definitions import definitions

# Each has been the end of some server: empty, half of something, of another type, out of every range.
STRANGE: Final = (
    *(
        "",
        " ",
        ",",
        "|",
        "||",
        "$",
        "$$",
        ":",
        "/",
        "\\",
        "\\,",
        "%",
        "_",
        "*",
        "-",
        "+",
        ".",
        "0",
        "-0",
        "a b",
    ),
    *(
        "\x00",
        "\x01",
        "\u2028",
        "\ud7ff",
        "\ufffd",
        "\U0010ffff",
        "e\u0301",
        "陈",
        "'",
        '"',
        "';--",
        "{",
        "(",
        ")",
    ),
    *("Patient", "Patient/", "/1", "Patient/1", "Organization/1", "Nonsense/1", "Patient/1/_history/1"),
    *("http://", "urn:", "urn:uuid:", "http://h/fhir/Patient/1", "1" * 400, "x" * 5000, "é" * 70),
    *(
        "0000",
        "0001-01-01",
        "9999-12-31",
        "10000",
        "2024-13",
        "2024-02-30",
        "2024-01-01T25:00",
        "eq",
        "ap",
        "ne",
    ),
    *("gt9999-12-31T23:59:59.999999999Z", "ap0001", "sa9999", "eb0001", "1e99", "-1e99", "1e-99", "ap1e99"),
    *(
        "9" * 40,
        "0.1|http://unitsofmeasure.org|mg",
        "1||",
        "1|a|b|c",
        "nan",
        "inf",
        "1|http://unitsofmeasure.org|[",
    ),
    *(
        "91|181|1",
        "0|0|1e30|km",
        "nan|nan",
        "-90|-180|40000|km",
        "0|0|0|m",
        "true",
        "false",
        "a|b$c|d",
        "$a",
        "a$",
    ),
    *(
        "http://hl7.org/fhir/ValueSet/administrative-gender",
        "http://loinc.org|",
        "|code",
        "a|b|c",
        "a,,b",
        ",a",
    ),
)

REGISTRY: Final = Registry(definitions())


def asked() -> st.SearchStrategy[str]:
    """A parameter of a type under any modifier, with a value that hardly fits."""
    values = st.one_of(
        st.sampled_from(STRANGE),
        st.text(max_size=12),
        st.tuples(st.sampled_from(STRANGE), st.sampled_from(",|$/:"), st.sampled_from(STRANGE)).map("".join),
    )

    def of(resource_type: str) -> st.SearchStrategy[str]:
        parameters = REGISTRY.of(resource_type).parameters
        names = [
            f"{code}:{modifier}" if modifier else code
            for code, each in parameters.items()
            for modifier in (*(() if each.refusal else modifiers(each)), *each.targets, "nonsense")
        ]
        return st.tuples(st.sampled_from(names), values).map(
            lambda pair: f"{resource_type}?{pair[0]}={quote(pair[1], safe='', errors='surrogatepass')}"
        )

    return st.sampled_from(sorted(REGISTRY.resource_types)).flatmap(of)


@given(st.lists(asked(), min_size=20, max_size=20))
async def test_no_value_of_any_parameter_is_a_failure(client: httpx.AsyncClient, urls: list[str]) -> None:
    for url in urls:
        answer = await client.get(url)
        assert answer.status_code < 500, (url, answer.text)


@pytest.mark.parametrize(
    "value", [":", "", "/", "|", "Organization/", "Organization/1,:", "%00", "urn:x", "a%20b"]
)
@pytest.mark.parametrize("modifier", ["above", "below"])
async def test_a_hierarchy_begins_at_a_resource(client: httpx.AsyncClient, modifier: str, value: str) -> None:
    answer = await client.get(f"Patient?organization:{modifier}={value}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [f"organization:{modifier}"]
