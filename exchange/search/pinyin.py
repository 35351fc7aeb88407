"""Chinese person names in Latin letters: pinyin without tones, and initials.

A part of a HumanName that is written in Chinese has further rows in string_index, under the *negative* id of
its source, which `:exact` and `:contains` never ask for: its pinyin (`zhangsan`) and, if they are not the
beginning of that, its initials (`zs`). They have no exact value and no grams. `sought(value)` is what to look
for by prefix under the negative ids, beside the value itself under the positive ones.

https://hl7.org/fhir/R4/search.html#string
"""
