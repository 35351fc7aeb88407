"""Every service of the interaction standard is known by its root, and told from others by its name."""

import re

import pytest

from adapters.documents import form_of, translate_document
from adapters.trees.parse import parse
from adapters.v3.envelope import service_of, unwrapped
from adapters.v3.interaction import interaction_of
from adapters.v3.translate import prepared
from tests.adapters.v3.messages import message, registration
from tests.adapters.v3.test_answer import HOSPITALS, MAPS

# What a service is about → the roots of its messages: added (or registered), updated, queried.
SERVICES = {
    "PatientInfo": ("PRPA_IN201311UV02", "PRPA_IN201314UV02", "PRPA_IN201305UV02"),
    "OrganizationInfo": ("PRPM_IN401030UV01", "PRPM_IN403010UV01", "PRPM_IN406010UV01"),
    "ProviderInfo": ("PRPM_IN301010UV01", "PRPM_IN303010UV01", "PRPM_IN306010UV01"),
    "Terminology": ("PRVS_IN000001UV01", "PRVS_IN000002UV01", "PRVS_IN000003UV01"),
    "EncounterCardInfo": ("PRPA_IN201311UV02", "PRPA_IN201314UV02", "PRPA_IN201305UV02"),
    "OutPatientInfo": ("PRPA_IN400001UV", "PRPA_IN400002UV", "PRPA_IN900300UV"),
    "InPatientInfo": ("PRPA_IN400001UV", "PRPA_IN400002UV", "PRPA_IN900300UV"),
    "TransferInfo": ("PRPA_IN302011UV", "PRPA_IN302012UV", "PRPA_IN900300UV"),
    "DischargeInfo": ("PRPA_IN400003UV", "PRPA_IN400002UV", "PRPA_IN900300UV"),
    "SourceAndScheduleInfo": ("PRSC_IN030101UV", "PRSC_IN030102UV", "QUMT_IN020030UV01"),
    "OutPatientAppointStatusInfo": ("PRPA_IN410001UV", "PRPA_IN410002UV", "PRPA_IN900300UV"),
    "CheckAppointStatusInfo": ("PRSC_IN010101UV01", "PRSC_IN010201UV01", "QUMT_IN020030UV01"),
    "OperationScheduleInfo": ("PRSC_IN010101UV01", "PRSC_IN010201UV01", "QUMT_IN020030UV01"),
    "ExamStatusInfo": ("POLB_IN224000UV01", "POLB_IN224000UV01", "QUMT_IN020030UV01"),
    **dict.fromkeys(
        (
            *("OrderInfo", "ExamAppInfo", "CheckAppInfo", "PathologyAppInfo", "BloodTransAppInfo"),
            *("OperationAppInfo", "OrderFillerStatusInfo", "CheckStatusInfo", "OperationStatusInfo"),
        ),
        ("POOR_IN200901UV", "POOR_IN200902UV", "QUMT_IN020030UV01"),
    ),
}
CALLS = [
    (f"{about}{verb}", root)
    for about, roots in SERVICES.items()
    for verb, root in zip(("Add", "Update", "Query"), roots, strict=True)
]
CALLS += [("PatientInfoMerge", "PRPA_IN201304UV02"), ("DocumentRegister", "RCMR_IN000002UV02")]
CALLS += [("DocumentAccessQuery", "RCMR_IN000029UV01"), ("DocumentRetrieveQuery", "RCMR_IN000031UV01")]
ENVELOPE = """<s:Envelope xmlns:s="{soap}" xmlns:wsa="http://www.w3.org/2005/08/addressing"><s:Header>{head}
</s:Header><s:Body>{body}</s:Body></s:Envelope>"""


def call(service: str, bare: str, soap: str) -> str:
    """A call as platforms write it: by its parameter, its operation, or WS-Addressing's action."""
    named = f"<Call><action>{service}</action><message><![CDATA[{bare}]]></message></Call>"
    forms = {
        "parameter": ("", named),
        "operation": ("", f"<{service}>{bare}</{service}>"),
        "addressing": (f"<wsa:Action>urn:hip:{service}</wsa:Action>", bare),
    }
    head, body = forms[soap]
    version = "http://www.w3.org/2003/05/soap-envelope"
    return ENVELOPE.format(soap=version, head=head, body=body)


@pytest.mark.parametrize(("service", "root"), CALLS)
def test_every_service_is_told_by_its_name(service: str, root: str) -> None:
    bare = message(root, "<subject/>").decode().partition("?>")[2]
    for form in ("parameter", "operation", "addressing"):
        raw = call(service, bare, form).encode()
        request = unwrapped(parse(raw))
        assert form_of(raw) == "hl7v3"
        assert request is not None
        assert request.service == service, form
        interaction = interaction_of(prepared(request.tree).root)
        assert interaction.name == root
        assert interaction.is_query == service.endswith("Query")


def test_a_soap_action_names_a_service_in_quotes_or_as_an_address() -> None:
    for action in ('"PatientInfoQuery"', "urn:hip:PatientInfoQuery", '"http://hip.test/v3#PatientInfoQuery"'):
        assert service_of(action) == "PatientInfoQuery"
    assert service_of('""') == service_of('"urn:call"') == ""


BARE = registration().decode()
PLAIN = BARE.partition("?>")[2]
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.mark.parametrize(
    "raw",
    [
        BARE.replace('encoding="UTF-8"', 'encoding="GB18030"').encode("gb18030"),
        BARE.replace("UTF-8", "UTF-16").encode("utf-16"),
        b"\xef\xbb\xbf" + BARE.encode(),
        re.sub(r"<(/?)(\w)", r"<\1h:\2", BARE.replace('xmlns="', 'xmlns:h="')).encode(),
        BARE.replace(' xmlns="urn:hl7-org:v3"', "").encode(),
        f"<request><head/><body>{PLAIN}</body></request>".encode(),
        f"<s:Envelope xmlns:s='{SOAP_1_1}'><s:Body><c><![CDATA[{BARE.replace('UTF-8', 'GBK')}]]></c></s:Body>"
        "</s:Envelope>".encode(),
    ],
    ids=["gb18030", "utf-16", "mark", "prefix", "no namespace", "own envelope", "text with a heading"],
)
def test_a_message_is_read_in_every_dress(raw: bytes) -> None:
    made = translate_document(raw, MAPS, HOSPITALS)
    assert form_of(raw) == "hl7v3"
    assert [e.resource["name"] for e in made.entries if e.resource["resourceType"] == "Patient"] == [
        [{"text": "欧阳测试"}]
    ]
