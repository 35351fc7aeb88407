"""How a name sounds: `phonetic`.

The words of a name have rows in string_index under the id of the key `<element>.phonetic`
(`Patient.name.phonetic`): the American Soundex of a Latin word (`r163`), the pinyin without tone of a Chinese
name, its family and its given name. `sought_sounds(value)` gives groups: of each group one value must be
there (equal, not by prefix).

https://hl7.org/fhir/R4/patient.html#search
"""
