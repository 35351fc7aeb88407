"""Writes `countries.csv`, `currencies.csv` and `languages.csv`: codes of ISO 3166-1, 4217 and 639 with the
English and Chinese names that CLDR has: pip install babel; python -m terminology.iso.generate

https://cldr.unicode.org/
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from terminology.iso.codes import COUNTRY_CODES, FUNDS, LANGUAGE_CODES

# Where CLDR's aliases name what a country was, too.
_KNOWN: Final = {
    "CD": ("COD", "180"), "DE": ("DEU", "276"), "ET": ("ETH", "231"), "FR": ("FRA", "250"),
    "MM": ("MMR", "104"), "SD": ("SDN", "729"), "TL": ("TLS", "626"), "YE": ("YEM", "887"),
}  # fmt: skip
HEADERS: Final = {
    "countries": ("alpha2", "alpha3", "numeric", "en", "zh"),
    "currencies": ("code", "en", "zh"),
    "languages": ("code", "en", "zh"),
}


def countries(babel: Any) -> Iterator[tuple[str, ...]]:
    english, chinese = babel.Locale("en").territories, babel.Locale("zh").territories
    aliases = babel.core.get_global("territory_aliases")
    for code in COUNTRY_CODES:
        others = [name for name, of in aliases.items() if list(of) == [code]]
        known = _KNOWN.get(code) or (
            next(name for name in others if len(name) == 3 and name.isalpha()),
            next(name for name in others if name.isdigit()),
        )
        yield code, *known, english[code], chinese[code]


def currencies(babel: Any) -> Iterator[tuple[str, ...]]:
    """Those that are tender somewhere, and the codes of funds and metals."""
    english, chinese = babel.Locale("en").currencies, babel.Locale("zh").currencies
    territories = babel.core.get_global("territory_currencies")
    current = {
        code for each in territories.values() for code, _, end, tender in each if end is None and tender
    }
    for code in sorted(current | set(FUNDS)):
        if code in english:
            yield code, english[code], chinese.get(code, "")


def languages(babel: Any) -> Iterator[tuple[str, ...]]:
    english, chinese = babel.Locale("en").languages, babel.Locale("zh").languages
    for code in sorted({*LANGUAGE_CODES, *(each for each in english if each.isalpha())}):
        if code in english:
            yield code, english[code], chinese.get(code, "")


def main() -> None:
    import babel
    import babel.core

    made: dict[str, Iterable[tuple[str, ...]]] = {
        "countries": countries(babel),
        "currencies": currencies(babel),
        "languages": languages(babel),
    }
    for name, rows in made.items():
        with (Path(__file__).parent / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADERS[name])
            writer.writerows(rows)


if __name__ == "__main__":
    main()
