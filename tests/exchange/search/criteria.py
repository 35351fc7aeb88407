"""One search parameter with a value, of every type, modifier and prefix.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from hypothesis import strategies as st

from tests.exchange.search.elements import BASE
from tests.exchange.search.worlds import (
    CITIZEN,
    CITIZEN_ALIAS,
    DATES,
    IDS,
    LOCAL,
    LOINC,
    SETS,
    TREE,
    URLS,
    V2_0203,
)

Criteria = st.SearchStrategy[tuple[str, str]]

code_values = st.sampled_from(
    [
        "b",
        f"{TREE}|d",
        "1-1",
        f"{LOINC}|1-1",
        f"{LOCAL}|1-1",
        "|1-1",
        f"{LOINC}|",
        f"{LOINC}|2-2",
        f'{LOCAL}|x\\,y\\|"z"',
        "no",
    ]
)
identifier_values = st.sampled_from(
    ["110", f"{CITIZEN}|110", f"{CITIZEN_ALIAS}|110", f"{LOCAL}|", "|110", f"{LOCAL}|a\\|b", "a\\|b"]
)
prefixes = st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
date_values = st.builds(
    lambda prefix, date: prefix + date,
    prefixes,
    st.sampled_from([*DATES, "2024", "2024-01-01T04:00Z", "2024-01-01T04:00+08:00", "2024-01-01T04:00"]),
)
number_values = st.builds(
    lambda prefix, number: prefix + number,
    prefixes,
    st.sampled_from(["5.4", "5.40", "5", "-1", "100", "100.0", "1e2", "1.0e2", "54e-1"]),
)
quantity_values = st.builds(
    lambda number, unit: number + unit,
    number_values,
    st.sampled_from(
        [
            "",
            "|http://unitsofmeasure.org|mg",
            "||mg",
            "||毫克",
            f"|{LOCAL}|mg",
            "|urn:iso:std:iso:4217|CNY",
            "||CNY",
        ]
    ),
)
name_values = st.sampled_from(
    ["王", "王小明", "小明", "明", "古丽·娜", "muller", "Mül", "emi", "Ann", "dr", "no"]
)
city_values = st.sampled_from(["上", "上海", "koln", "海", "路"])
text_values = st.sampled_from(["阳", "pos", "阳性", "written", "强", "klinik", "上海"])


def reference_values(*types: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda name, id_: f"{name}/{id_}", st.sampled_from(types), st.sampled_from(IDS)),
        st.builds(lambda name, id_: f"{BASE}/{name}/{id_}", st.sampled_from(types), st.sampled_from(IDS)),
        st.just(f"{types[0]}/a/_history/2"),
    )


def searches(code: str, values: st.SearchStrategy[str], *modifiers: str) -> Criteria:
    """A parameter with one value or an OR list, one of its modifiers, or `:missing`."""
    listed = st.lists(values, min_size=1, max_size=3).map(",".join)
    names = st.sampled_from(["", *(f":{modifier}" for modifier in modifiers)])
    asked = st.builds(lambda modifier, value: (code + modifier, value), names, listed)
    missing = st.sampled_from([(f"{code}:missing", "true"), (f"{code}:missing", "false")])
    return st.one_of(asked, asked, asked, missing)


set_values = st.lists(
    st.sampled_from(
        [
            f"{SETS}/first",
            f"{SETS}/second",
            "ValueSet/first",
            "http://hl7.org/fhir/ValueSet/observation-status",
        ]
    ),
    min_size=1,
    max_size=2,
).map(",".join)
concept_values = st.lists(st.sampled_from([f"{TREE}|{code}" for code in "abcd"]), min_size=1, max_size=2).map(
    ",".join
)
word_values = st.lists(
    st.sampled_from(["blood", "Blood\\, v", "血", "常规", "written", "medical", "some", "no"]),
    min_size=1,
    max_size=2,
).map(",".join)


def coded(code: str) -> Criteria:
    """A code, by every modifier that asks the terminology."""
    within = st.sampled_from([":in", ":not-in"])
    along = st.sampled_from([":above", ":below"])
    return st.one_of(
        searches(code, code_values, "not"),
        searches(code, code_values, "not"),
        st.builds(lambda modifier, value: (code + modifier, value), within, set_values),
        st.builds(lambda modifier, value: (code + modifier, value), along, concept_values),
        st.tuples(st.just(f"{code}:text"), word_values),
    )


def identified(code: str) -> Criteria:
    typed = st.sampled_from(
        [f"{V2_0203}|MR|110", f"{V2_0203}|MR|a\\|b", f"{V2_0203}|PI|110,{V2_0203}|MR|11X"]
    )
    return st.one_of(
        searches(code, identifier_values, "not"),
        st.tuples(st.just(f"{code}:of-type"), typed),
        st.tuples(st.just(f"{code}:text"), word_values),
    )


def hierarchical(code: str, resource_type: str) -> Criteria:
    """A reference into a hierarchy, upwards and downwards."""
    names = st.sampled_from([f"{code}:above", f"{code}:below"])
    values = st.sampled_from(["a", f"{resource_type}/a", f"{BASE}/{resource_type}/b", "c", "a,b"])
    return st.one_of(linked(code, resource_type), st.tuples(names, values))


def uris(code: str) -> Criteria:
    listed = st.lists(
        st.sampled_from([*URLS, "http://acme.example", "http://acme.example/plans/", f"{URLS[0]}|1"]),
        min_size=1,
        max_size=2,
    )
    urls = listed.map(lambda found: [each for each in found if "://" in each] or [URLS[0]])
    along = st.sampled_from([f"{code}:above", f"{code}:below"])
    return st.one_of(
        searches(code, st.sampled_from([*URLS, f"{URLS[0]}|1", "http://acme.example/plans"])),
        st.tuples(along, urls.map(lambda found: ",".join(each.replace("|", "\\|") for each in found))),
    )


def composed(code: str, *parts: st.SearchStrategy[str]) -> Criteria:
    """A composite of these parts."""
    return searches(code, st.tuples(*parts).map("$".join))


pair_codes = st.sampled_from(
    ["1-1", f"{LOINC}|1-1", f"{LOCAL}|1-1", "|1-1", f"{TREE}|b", f'{LOCAL}|x\\,y\\|"z"', "no"]
)


def linked(code: str, *types: str) -> Criteria:
    literal = searches(code, reference_values(*types))
    bare = st.sampled_from(
        [
            (f"{code}:{types[0]}", "a"),
            (code, "a,b"),
            (f"{code}:identifier", f"{CITIZEN}|110"),
            (f"{code}:identifier", "110"),
            (f"{code}:text", "some"),
        ]
    )
    return st.one_of(literal, literal, bare)


near_values = st.builds(
    lambda place, distance: place + distance,
    st.sampled_from(["31.2304|121.4737", "0|180", "-90|0", "90|-45", "31.2|121.5", "0|0"]),
    st.sampled_from(["", "|5|km", "|2500|m", "|2|[mi_us]", "|20000|km", "|12000", "|0|km"]),
)
integer_values = st.builds(
    lambda prefix, number: prefix + number, prefixes, st.sampled_from(["1", "10", "100", "200", "105", "1e2"])
)
