"""Small terminologies by chance: code systems with polyhierarchies, and value sets over them.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from typing import Any

from hypothesis import strategies as st

SYSTEMS = ("http://a.example/one", "http://a.example/two")
COLOURS = ("red", "green", "blue")
OPS = ("is-a", "descendent-of", "is-not-a", "generalizes", "child-of", "descendent-leaf")
codes = st.integers(0, 11).map(lambda number: f"c{number}")


@st.composite
def code_system(draw: st.DrawFn, url: str) -> dict[str, Any]:
    """Each concept may have parents among those before it."""
    concepts = []
    for number in range(draw(st.integers(1, 12))):
        above = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        properties: list[dict[str, Any]] = [{"code": "parent", "valueCode": f"c{n}"} for n in sorted(above)]
        properties.append({"code": "colour", "valueCode": draw(st.sampled_from(COLOURS))})
        if draw(st.booleans()):
            properties.append({"code": "inactive", "valueBoolean": draw(st.booleans())})
        concepts.append({"code": f"c{number}", "display": f"Concept {number}", "property": properties})
    return {
        "resourceType": "CodeSystem",
        "url": url,
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "property": [{"code": "colour", "type": "code"}],
        "concept": concepts,
    }


def filters() -> st.SearchStrategy[dict[str, str]]:
    hierarchical = st.builds(
        lambda op, code: {"property": "concept", "op": op, "value": code}, st.sampled_from(OPS), codes
    )
    by_value = st.builds(
        lambda op, value: {"property": "colour", "op": op, "value": value},
        st.sampled_from(("=", "in", "not-in", "regex", "exists")),
        st.sampled_from((*COLOURS, "red,blue", "r.*", "true", "false")),
    )
    return hierarchical | by_value


@st.composite
def part(draw: st.DrawFn, value_sets: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    kind = draw(
        st.sampled_from(
            ("system", "concept", "filter", "import") if value_sets else ("system", "concept", "filter")
        )
    )
    if kind != "import":
        made["system"] = draw(st.sampled_from(SYSTEMS))
    if kind == "concept":
        made["concept"] = [
            {"code": code} for code in draw(st.lists(codes, min_size=1, max_size=4, unique=True))
        ]
    if kind == "filter":
        made["filter"] = draw(st.lists(filters(), min_size=1, max_size=2))
    if kind == "import" or (value_sets and draw(st.integers(0, 3)) == 0):
        made["valueSet"] = draw(st.lists(st.sampled_from(value_sets), min_size=1, max_size=2, unique=True))
    return made


@st.composite
def world(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two code systems, and three value sets of which each may include those before it."""
    made = [draw(code_system(url)) for url in SYSTEMS]
    urls: tuple[str, ...] = ()
    for number in range(3):
        url = f"http://a.example/vs{number}"
        compose: dict[str, Any] = {"include": draw(st.lists(part(urls), min_size=1, max_size=3))}
        if draw(st.booleans()):
            compose["exclude"] = draw(st.lists(part(urls), min_size=1, max_size=2))
        if draw(st.integers(0, 4)) == 0:
            compose["inactive"] = False
        made.append({"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose})
        urls += (url,)
    return made
