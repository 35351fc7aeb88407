"""The data-type functions that HL7 v2 maps may name."""

from collections.abc import Mapping
from functools import cache

from adapters.hl7v2.functions import (
    attachments,
    coded,
    contacts,
    covered,
    durations,
    identifiers,
    keys,
    names,
    observed,
    people,
    places,
    quantities,
    texts,
    times,
)
from adapters.mapping.functions import Function, registry


@cache
def functions() -> Mapping[str, Function]:
    """The registry; a map calls nothing else."""
    return registry(
        *(texts.lines, texts.verbatim_code, texts.boolean, texts.only_true, texts.number_text),
        *(texts.positive_integer, texts.integer, texts.uri, texts.annotation, texts.text_address),
        *(times.date, times.birth_date, times.time, times.dr_period, times.dr_choice),
        *(identifiers.cx_identifier, identifiers.ssn_identifier, identifiers.ei_identifier),
        *(identifiers.eip_identifiers, identifiers.dln_identifier, identifiers.group_number),
        *(identifiers.parent_order, keys.cx_key, keys.patient_key, keys.ssn_key),
        *(keys.ei_key, keys.eip_key, keys.code_key, keys.text_key),
        *(names.xpn_name, names.xpn_names, names.xpn_string, contacts.xad_address, contacts.xtn_telecom),
        *(people.practitioner_key, people.employer_organization, covered.coverage_class),
        *(quantities.nm_quantity, quantities.cq_quantity, quantities.duration_days, quantities.probability),
        *(quantities.mo_money, quantities.cp_money, durations.time_after, durations.instant_after),
        *(durations.repeat_timing, coded.concept_choice, coded.known_concept, coded.cwe_device),
        *(coded.definition_url, identifiers.number_identifier, contacts.email_telecom),
        *(attachments.text_attachment, attachments.media_type, people.xpn_practitioner),
        *(places.location_key, places.la2_location, places.place_itself),
        *(attachments.ed_attachment, attachments.rp_attachment, attachments.titled_attachment),
        *(observed.observed_components, coded.concept_text),
        remembered=(
            *(
                texts.text,
                texts.code,
                coded.cwe_concept,
                coded.cwe_coding,
                coded.cwe_text,
                identifiers.hd_identifier,
            ),
            *(identifiers.pln_identifier, identifiers.device_reference, people.xcn_practitioner),
            *(people.ndl_practitioner, people.xon_organization, people.cwe_organization),
            *(people.hd_organization, people.cx_organization, places.pl_location, places.ndl_location),
            *(places.text_location, quantities.reference_range, observed.observed_value),
            *(times.date_time, times.date_time_choice, times.instant, times.span_choice),
        ),
    )
