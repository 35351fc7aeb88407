"""Valid FHIR, drawn from the definitions: any value of any type."""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from profiles.definitions import Definitions
from profiles.element import Element
from profiles.primitives import VALID

NESTED_EXTENSION = "Extension.extension"

texts = st.text(
    st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\t\r\n"), min_size=1
).filter(lambda text: text.strip(" \t\r\n"))
tokens = st.text("abcxyz0189-_.:/%医", min_size=1)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
zones = st.integers(-13 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones | st.just(UTC))
instants = moments.map(datetime.isoformat)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.integers()

PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "base64Binary": st.binary(min_size=1).map(lambda raw: b64encode(raw).decode()),
    "boolean": st.booleans(),
    "canonical": tokens.map("http://example.org/{}|1".format),
    "code": st.lists(tokens, min_size=1, max_size=3).map(" ".join),
    "date": days.map(date.isoformat) | days.map(lambda day: day.isoformat()[:7]),
    "dateTime": days.map(lambda day: day.isoformat()[:4]) | instants,
    "decimal": decimals,
    "id": st.text("abcXYZ019-.", min_size=1, max_size=64),
    "instant": instants,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "markdown": texts,
    "oid": st.lists(st.integers(0), min_size=1).map(lambda arcs: "urn:oid:2." + ".".join(map(str, arcs))),
    "positiveInt": st.integers(1, 2**31 - 1),
    "string": texts,
    "time": st.times().map(lambda moment: moment.isoformat()),
    "unsignedInt": st.integers(0, 2**31 - 1),
    "uri": tokens,
    "url": tokens,
    "uuid": st.uuids().map("urn:uuid:{}".format),
    "xhtml": texts.map("<div>{}</div>".format),
}
references = st.one_of(
    st.tuples(st.sampled_from(("Patient", "Group")), PRIMITIVES["id"]).map("/".join),
    PRIMITIVES["id"].map("#{}".format),
    PRIMITIVES["uuid"],
    PRIMITIVES["id"].map("https://example.org/fhir/Patient/{}/_history/2".format),
)
extensions = st.fixed_dictionaries(
    {"url": tokens.map("http://example.org/{}".format)},
) | st.fixed_dictionaries({"url": tokens.map("urn:x:{}".format)})
simple_extensions = st.tuples(extensions, texts).map(lambda pair: pair[0] | {"valueString": pair[1]})


@st.composite
def objects(draw: st.DrawFn, definitions: Definitions, home: str, depth: int = 3) -> dict[str, Any]:
    """A value of the type, or of the element at the path; below `depth` only what is required."""
    value: dict[str, Any] = {}
    elements = definitions.children(home)
    wanted = [element for element in elements if element.min]
    if depth:
        wanted += draw(st.lists(st.sampled_from([e for e in elements if not e.min]), unique=True, max_size=4))
    for element in wanted:
        name, code = draw(st.sampled_from(sorted(element.properties.items())))
        fill(draw, definitions, value, element, name, code, depth)
    if home not in definitions.resource_types and value.keys() <= {"id"}:
        value["extension"] = [draw(simple_extensions)]
    return value


def fill(
    draw: st.DrawFn,
    definitions: Definitions,
    value: dict[str, Any],
    element: Element,
    name: str,
    code: str,
    depth: int,
) -> None:
    """One property, and perhaps its sibling."""
    one = values(definitions, element, code, depth)
    value[name] = draw(st.lists(one, min_size=1, max_size=2) if element.is_list else one)
    if code in VALID and name not in ("id", "div") and draw(st.booleans()):
        beside = {"id": "a", "extension": [draw(simple_extensions)]}
        value[f"_{name}"] = [beside] * len(value[name]) if element.is_list else beside


def values(definitions: Definitions, element: Element, code: str, depth: int) -> st.SearchStrategy[Any]:
    required = element.binding is not None and element.binding.strength == "required"
    codings = definitions.codings(element.binding.value_set) if required and element.binding else None
    if codings is not None and code == "code":
        return st.sampled_from(sorted(member for _, member in codings))
    if codings is not None:
        coding = st.sampled_from(sorted(codings)).map(lambda pair: {"system": pair[0], "code": pair[1]})
        return coding.map(lambda member: {"coding": [member]})
    if element.path == "Reference.reference":
        return references
    if code in PRIMITIVES:
        return PRIMITIVES[code]
    if code == "Extension":
        return simple_extensions
    if code == "Resource":
        return resources(definitions, "Basic", 0)
    home = code if element.is_choice else definitions.home(element)
    return objects(definitions, home or code, max(depth - 1, 0))


def resources(
    definitions: Definitions, resource_type: str, depth: int = 3
) -> st.SearchStrategy[dict[str, Any]]:
    return objects(definitions, resource_type, depth).map(
        lambda value: {"resourceType": resource_type, **value}
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(Decimal("1.50")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "resourceType",
                    "id",
                    "name",
                    "_name",
                    "given",
                    "_given",
                    "extension",
                    "url",
                    "code",
                    "contained",
                    "valueString",
                    "coding",
                    "reference",
                    "status",
                    "entry",
                    "resource",
                )
            ),
            inner | st.sampled_from(("Patient", "Bundle", "Observation", "final")),
            max_size=5,
        )
    ),
    max_leaves=20,
)
