"""Value sets that nobody wrote."""

import pytest

from terminology.expansion import expand
from terminology.library import Library, entry_of
from terminology.options import options_of
from terminology.scope import Scope

URL = "http://a.example/sct"
SYSTEM = {
    "resourceType": "CodeSystem",
    "url": URL,
    "content": "complete",
    "valueSet": "http://a.example/all",
    "concept": [{"code": "1", "concept": [{"code": "11"}]}, {"code": "2"}],
}


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        (f"{URL}?fhir_vs", ["1", "11", "2"]),
        (f"{URL}?fhir_vs=isa/1", ["1", "11"]),
        ("http://a.example/all", ["1", "11", "2"]),
        (f"{URL}?fhir_vs=refset/1", None),
        ("http://b.example?fhir_vs", None),
        ("http://a.example/none", None),
    ],
)
def test_an_implicit_value_set_expands(url: str, codes: list[str] | None) -> None:
    scope = Scope(Library([entry_of(SYSTEM)]), options_of(()))
    value_set = scope.value_set(url)
    if codes is None:
        assert value_set is None
    else:
        assert value_set is not None
        roots = expand(scope, value_set).contains
        assert [member.code for root in roots for member in root.walk()] == codes
