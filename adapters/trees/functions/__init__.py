"""The data-type functions that maps of XML documents may name."""

from collections.abc import Mapping
from functools import cache

from adapters.mapping.functions import Function, registry
from adapters.trees.functions import (
    coded,
    identifiers,
    named,
    narrative,
    people,
    places,
    quantities,
    texts,
    times,
)


@cache
def functions() -> Mapping[str, Function]:
    """The registry; a map calls nothing else."""
    return registry(
        *(identifiers.ii_identifier, identifiers.issued_identifier, identifiers.ii_value, identifiers.ii_uri),
        *(identifiers.ii_key, identifiers.person_key, identifiers.text_key, identifiers.person_identifier),
        *(coded.code_flag, coded.code_coding, coded.plain_text_code, coded.code_system_url),
        *(coded.meant, coded.language, coded.omb_category, coded.omb_detail, coded.omb_text),
        *(quantities.decimal, quantities.unit_code, people.authoring_device),
        *(places.role_location,),
        *(coded.concept, coded.coding, coded.element_concept, coded.code, coded.plain_code),
        *(texts.text, texts.words, texts.flag, texts.integer, texts.positive, texts.annotation),
        *(
            texts.address,
            texts.telecom,
            texts.human_name,
            texts.name_text,
            texts.base64_data,
            texts.plain_content,
        ),
        *(times.date_time, times.date, times.instant, times.birth_date, times.span, times.span_choice),
        *(times.moment_choice, times.clock, times.end_time, times.start_choice),
        *(quantities.quantity, quantities.money, quantities.bounds, quantities.ratio, quantities.any_choice),
        *(quantities.range_text,),
        *(named.named_identifier, named.named_code, named.named_coding, named.result_choice),
        *(people.practitioner, people.organization, places.chain_location, places.chain_organization),
        *(
            places.facility_location,
            places.nested_location,
            places.delivery_location,
            places.place_or_unit,
            narrative.narrative_div,
        ),
    )
