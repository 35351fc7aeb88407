"""`_summary` and `_elements` leave valid resources that say what they are."""

import pytest

from exchange.fhirjson import dumps, loads
from exchange.hub import definitions
from exchange.interactions.form import as_stored, form_of
from exchange.outcome import FhirError

BODY = dumps(
    {
        "resourceType": "Observation",
        "id": "1",
        "meta": {"versionId": "1", "tag": [{"code": "x"}]},
        "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"},
        "status": "final",
        "_status": {"extension": []},
        "code": {"text": "x"},
        "note": [{"text": "n"}],
        "valueString": "v",
        "device": {"display": "d"},
    }
)


def shown(**parameters: str) -> set[str]:
    resource = loads(form_of(tuple(parameters.items()), definitions())(BODY))
    assert resource["meta"]["tag"][-1]["code"] == "SUBSETTED"
    assert resource["meta"]["versionId"] == "1"
    return set(resource) - {"resourceType", "id", "meta"}


def test_as_stored_unless_asked_otherwise() -> None:
    assert form_of((), definitions()) is as_stored
    assert form_of((("_summary", "false"),), definitions()) is as_stored
    assert form_of((("name", "x"),), definitions()) is as_stored


def test_elements_keep_what_is_mandatory() -> None:
    assert shown(_elements="note") == {"status", "_status", "code", "note"}
    assert shown(_elements="Observation.valueString, note") == {
        "status",
        "_status",
        "code",
        "note",
        "valueString",
    }
    assert shown(_elements="value") == {"status", "_status", "code", "valueString"}


def test_summaries() -> None:
    assert shown(_summary="text") == {"text", "status", "_status", "code"}
    assert shown(_summary="data") == {"status", "_status", "code", "note", "valueString", "device"}
    assert shown(_summary="true") == {"status", "_status", "code", "valueString"}


@pytest.mark.parametrize("parameter", [("_summary", "x"), ("_elements", ""), ("_elements", " , ")])
def test_what_cannot_be_asked(parameter: tuple[str, str]) -> None:
    with pytest.raises(FhirError) as refused:
        form_of((parameter,), definitions())
    assert refused.value.issues[0].expression == parameter[0]
