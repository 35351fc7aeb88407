"""From a parameter and its modifier to the module that knows its type.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from collections.abc import Mapping

from exchange.search.criteria import (
    age,
    composite,
    date,
    ids,
    kin,
    names,
    near,
    number,
    quantity,
    reference,
    string,
    token,
    uri,
)
from exchange.search.criteria.asked import Asked, Made, Search
from exchange.search.criteria.missing import missing
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import refused

_BY_TYPE: Mapping[str, Mapping[str, Made]] = {
    "composite": composite.MODIFIERS,
    "date": date.MODIFIERS,
    "number": number.MODIFIERS,
    "quantity": quantity.MODIFIERS,
    "reference": {**reference.MODIFIERS, **kin.MODIFIERS},
    "string": string.MODIFIERS,
    "token": token.MODIFIERS,
    "uri": uri.MODIFIERS,
}


def criterion(search: Search, of: TypeParameters, code: str, asked: Asked) -> Criterion:
    """The criterion. Raises SearchError for a parameter or modifier that is not supported."""
    parameter = of.parameters.get(code)
    if parameter is None:
        raise refused(asked.name, f"{of.resource_type} has no search parameter {code}.", "not-supported")
    if parameter.refusal:
        raise refused(asked.name, parameter.refusal, "not-supported")
    known = modifiers(parameter)
    if asked.modifier in known:
        return known[asked.modifier](search, of, parameter, asked)
    if parameter.type == "reference" and asked.modifier in search.registry.resource_types:
        return reference.literal(search, of, parameter, asked)
    listed = ", ".join(f":{name}" for name in sorted(filter(None, known)))
    diagnostics = f"The modifier :{asked.modifier} is not defined for {code}; it has {listed}."
    raise refused(asked.name, diagnostics, "not-supported")


def modifiers(parameter: Parameter) -> Mapping[str, Made]:
    """How to make the criterion under each modifier; `` stands for none. A reference takes the names of its
    target types besides."""
    if parameter.code == "_id":
        return ids.MODIFIERS
    if parameter.code == "_lastUpdated":
        return date.OF_LAST_UPDATED
    if parameter.code == "age" and "Patient.birthDate" in parameter.keys:
        return age.MODIFIERS
    if any(source.data_type == "phonetic" for source in parameter.sources):
        return names.PHONETIC
    if parameter.type == "special":
        return {**near.MODIFIERS, "missing": missing}
    return {**_BY_TYPE[parameter.type], "missing": missing}
