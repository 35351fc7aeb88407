"""The data-type functions that HL7 v2 maps may name."""

from collections.abc import Mapping
from functools import cache

from adapters.hl7v2.functions import (
    attachments,
    coded,
    contacts,
    covered,
    identifiers,
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
        *(texts.text, texts.lines, texts.code, texts.verbatim_code, texts.boolean, texts.only_true),
        *(texts.positive_integer, texts.integer, texts.uri, texts.annotation, texts.text_address),
        *(texts.number_text, coded.cwe_concept, coded.cwe_coding, coded.cwe_text, coded.concept_text),
        *(times.date_time, times.date, times.instant, times.birth_date, times.time, times.date_time_choice),
        *(times.span_choice, times.dr_period, times.dr_choice),
        *(identifiers.cx_identifier, identifiers.ssn_identifier, identifiers.ei_identifier),
        *(identifiers.eip_identifiers, identifiers.hd_identifier, identifiers.dln_identifier),
        *(identifiers.pln_identifier, identifiers.cx_key, identifiers.patient_key, identifiers.ssn_key),
        *(identifiers.ei_key, identifiers.eip_key, identifiers.code_key, identifiers.text_key),
        *(names.xpn_name, names.xpn_names, names.xpn_string, contacts.xad_address, contacts.xtn_telecom),
        *(people.xcn_practitioner, people.ndl_practitioner, people.practitioner_key, people.xon_organization),
        *(people.cwe_organization, people.hd_organization, places.pl_location, places.ndl_location),
        *(identifiers.group_number, identifiers.parent_order, identifiers.device_reference),
        *(people.cx_organization, people.employer_organization),
        *(places.text_location, quantities.nm_quantity, quantities.cq_quantity, quantities.duration_days),
        *(quantities.reference_range, quantities.probability, attachments.ed_attachment),
        *(attachments.rp_attachment, attachments.titled_attachment, observed.observed_value),
        *(observed.observed_components, covered.coverage_class),
    )
