from profiles.validator import Options
from profiles.validator.special import RULES
from tests.profiles.validator.world import Json, errors, validator

TEMPERATURE: Json = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
    "valueQuantity": {"value": 37, "unit": "°C", "system": "http://unitsofmeasure.org", "code": "Cel"},
}


def test_a_vital_sign_is_one_by_its_code() -> None:
    strict = validator(options=Options(best_practice="ignore", vital_signs="error"), rules=RULES)
    assert ("cardinality-min", "Observation") in errors(strict.validate(TEMPERATURE))
    other = TEMPERATURE | {"code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]}}
    assert errors(strict.validate(other)) == []


def test_it_is_told_as_the_options_say() -> None:
    usual = validator(options=Options(best_practice="ignore"), rules=RULES)
    found = usual.validate(TEMPERATURE)
    assert errors(found) == []
    assert "cardinality-min" in [issue.message_id for issue in found]
    silent = validator(options=Options(best_practice="ignore", vital_signs="ignore"), rules=RULES)
    assert silent.validate(TEMPERATURE) == []
