"""Composite parameters: values that belong together, and how the index keeps them together.

A composite has one or more contexts (`combo-code-value-quantity`: the Observation and each of its
components), and matches where one context fulfils all its parts (`source.Composite`).

Where the context is the resource itself and none of its parts repeats, to fulfil the plain criteria of the
parts is the same as to fulfil the composite: `grouped` is false. Such a context stores nothing (`stored` is
empty), or a row for speed only. Every other context stores what the parts have together:

**`stored` = `tokens`**: two parts, each with tokens (codes, references, booleans). For each form of the first
and each form of the second there is one token: `token(composite.key, paired(first, second))`, where the forms
are the values that plain tokens are made of: `coded(system, code)` and `code` of a Coding; a code, boolean or
reference as it stands (a reference also without its version).

**`stored` = `composite_index`**: the first part has tokens; one row for each of its forms and each value:

    param  composite.number; negative where lo and hi differ (a range), as in the other side tables
    key    token(composite.key, form of the first part)
    second part is a
      quantity  lo, hi its range; unit: a token of `numbers.sought_units`, one row each; NULL without a unit
      number    lo = hi
      date      lo, hi its range in microseconds, as float8: exact between 1684 and 2255; hi exclusive
      string    value normalised, lo = hi = 0
    second and third part are numbers (a variant's start and end): lo is the second, hi the third, and
    param is positive

The forms of the first part are `coded(system, code)` and `code`, if `grouped`; else only `coded(system,
code)`, because all else is found by the plain criteria of the parts.

https://hl7.org/fhir/R4/search.html#composite
"""

_BETWEEN = "\x04"


def paired(first: str, second: str) -> str:
    """The value of two values that stand together; their order matters."""
    return f"{first}{_BETWEEN}{second}"
