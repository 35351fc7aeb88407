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
        *(texts.text_address, observed.observed_components),
        *(attachments.text_attachment, attachments.media_type, attachments.ed_attachment),
        *(attachments.rp_attachment, attachments.titled_attachment),
        remembered=(
            *(texts.text, texts.code, texts.verbatim_code, texts.boolean, texts.only_true),
            *(
                texts.lines,
                texts.annotation,
                texts.number_text,
                texts.positive_integer,
                texts.integer,
                texts.uri,
            ),
            *(times.date, times.birth_date, times.time, times.date_time, times.date_time_choice),
            *(times.instant, times.span_choice, times.dr_period, times.dr_choice),
            *(identifiers.cx_identifier, identifiers.ssn_identifier, identifiers.ei_identifier),
            *(identifiers.eip_identifiers, identifiers.dln_identifier, identifiers.group_number),
            *(identifiers.hd_identifier, identifiers.pln_identifier, identifiers.number_identifier),
            *(identifiers.parent_order, identifiers.device_reference),
            *(keys.cx_key, keys.patient_key, keys.ssn_key, keys.ei_key, keys.eip_key, keys.code_key),
            *(keys.text_key, people.practitioner_key, places.location_key),
            *(names.xpn_name, names.xpn_names, names.xpn_string, contacts.xad_address),
            *(contacts.xtn_telecom, contacts.email_telecom),
            *(people.xcn_practitioner, people.xpn_practitioner, people.ndl_practitioner),
            *(people.xon_organization, people.cwe_organization, people.hd_organization),
            *(people.cx_organization, people.employer_organization, covered.coverage_class),
            *(places.pl_location, places.la2_location, places.ndl_location, places.text_location),
            places.place_itself,
            *(quantities.nm_quantity, quantities.cq_quantity, quantities.duration_days),
            *(quantities.probability, quantities.mo_money, quantities.cp_money, quantities.reference_range),
            *(durations.time_after, durations.instant_after, durations.repeat_timing),
            *(coded.cwe_concept, coded.cwe_coding, coded.cwe_text, coded.cwe_device, coded.concept_text),
            *(coded.concept_choice, coded.known_concept, coded.definition_url),
        ),
        well_remembered=(observed.observed_value,),
    )
