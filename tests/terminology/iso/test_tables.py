"""Countries, currencies, the names of languages."""

import pytest

from terminology.compile_code_system import compile_code_system
from terminology.iso.codes import COUNTRY_CODES, LANGUAGE_CODES
from terminology.iso.tables import iso_resources, language_name

COUNTRIES, CURRENCIES = (compile_code_system(each) for each in iso_resources())


def test_a_country_has_three_codes() -> None:
    assert len(COUNTRIES.codes) == 3 * len(COUNTRY_CODES) == 747
    assert len(set(COUNTRIES.codes)) == 747
    for code in ("CN", "CHN", "156"):
        number = COUNTRIES.number(code)
        assert number is not None
        assert COUNTRIES.displays[number] == "China"
        assert COUNTRIES.designations(number)[1].value == "中国"
    assert COUNTRIES.number("cn") is None


def test_currencies_have_names() -> None:
    number = CURRENCIES.number("CNY")
    assert number is not None
    assert (CURRENCIES.displays[number], CURRENCIES.designations(number)[1].value) == (
        "Chinese Yuan",
        "人民币",
    )
    assert {"XXX", "XAU", "EUR"} <= set(CURRENCIES.codes)
    assert CURRENCIES.number("DEM") is None


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("zh-CN", "Chinese (China)"),
        ("zh-Hans-CN", "Chinese (China)"),
        ("de", "German"),
        ("yue", "Cantonese"),
        ("xx", ""),
    ],
)
def test_a_language_is_named(tag: str, name: str) -> None:
    assert language_name(tag) == name


def test_all_languages_but_one_are_named() -> None:
    assert {code for code in LANGUAGE_CODES if not language_name(code)} == {"bh"}
