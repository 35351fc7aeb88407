"""HL7 v3 messages of our own making."""

WRAPPER = """<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ITSVersion="XML_1.0">
<id root="2.16.156.10011.2.5.1.1" extension="{number}"/><creationTime value="20240305101500"/>
<interactionId root="2.16.156.10011.2.5.1.2" extension="{root}"/><processingCode code="P"/>
<receiver><device><id><item root="2.16.156.10011.2.5.1.3" extension="HUB"/></id></device></receiver>
<sender><device><id><item root="2.16.156.10011.2.5.1.3" extension="HIS1"/></id></device></sender>
<controlActProcess classCode="CACT" moodCode="EVN">{inner}</controlActProcess></{root}>"""
PERSON = """<patientPerson><id><item root="2.16.156.10011.1.3" extension="110101199003071233"/></id>
<name xsi:type="LIST_EN"><item><part value="欧阳测试"/></item></name>
<telecom xsi:type="DSET_TEL"><item value="010-5550100"/></telecom>
<administrativeGenderCode code="2" codeSystem="2.16.156.10011.2.3.3.4"><displayName value="女性"/>
</administrativeGenderCode>
<birthTime value="19900307"/>
<addr xsi:type="LIST_AD"><item><part type="STA" value="北京市"/><part type="STR" value="长安街"/>
<part type="ZIP" value="100000"/></item></addr>
<asOtherIDs><id><item root="2.16.156.10011.1.19" extension="CARD9"/></id><scopingOrganization>
<id><item root="2.16.156.10011.1.5" extension="H009"/></id></scopingOrganization></asOtherIDs>
<personalRelationship><code code="1" codeSystem="2.16.156.10011.2.3.3.8"><displayName value="配偶"/></code>
<relationshipHolder1><name xsi:type="LIST_EN"><item><part value="周配偶"/></item></name></relationshipHolder1>
</personalRelationship></patientPerson>"""


def local_id(number: str) -> str:
    return f'<id><item root="2.16.156.10011.2.5.1.4" extension="{number}"/></id>'


def message(root: str, inner: str, number: str = "M1") -> bytes:
    return WRAPPER.format(root=root, inner=inner, number=number).encode()


def registration(number: str = "M1", patient: str = "P42") -> bytes:
    inner = (
        f'<subject><registrationRequest><statusCode code="active"/><subject1><patient>{local_id(patient)}'
        f'<statusCode code="active"/>{PERSON}</patient></subject1></registrationRequest></subject>'
    )
    return message("PRPA_IN201311UV02", inner, number)


MERGE = message(
    "PRPA_IN201304UV02",
    f"<subject><registrationEvent><subject1><patient>{local_id('P42')}</patient></subject1><replacementOf>"
    f"<priorRegistration><subject1><priorRegisteredRole>{local_id('P41')}</priorRegisteredRole></subject1>"
    "</priorRegistration></replacementOf></registrationEvent></subject>",
)
ORDER = message(
    "POOR_IN200901UV",
    "<subject><placerGroup><author><time value='20240305090000'/><assignedEntity>"
    "<id><item root='2.16.156.10011.1.4' extension='D77'/></id><assignedPerson><name><item>"
    "<part value='周医生'/></item></name></assignedPerson></assignedEntity></author>"
    "<component2><substanceAdministrationRequest><id><item root='2.16.156.10011.1.28' extension='O1'/></id>"
    "<routeCode code='1' codeSystem='2.16.156.10011.2.3.1.158'><displayName value='口服'/></routeCode>"
    "<doseQuantity value='0.50' unit='g'/><consumable2><manufacturedProduct1><manufacturedProduct>"
    "<code code='A01' codeSystem='2.16.156.10011.2.5.1.14'/>"
    "<name><item><part value='氨茶碱片'/></item></name>"
    "</manufacturedProduct></manufacturedProduct1></consumable2></substanceAdministrationRequest></component2>"
    "<componentOf1><encounter><id><item root='2.16.156.10011.1.12' extension='ZY0042'/></id>"
    "<code code='3' codeSystem='2.16.156.10011.2.3.1.271'><displayName value='住院'/></code>"
    f"<subject><patient>{local_id('P42')}{PERSON}</patient></subject></encounter></componentOf1>"
    "</placerGroup></subject>",
)
QUERY = message(
    "PRPA_IN201305UV02",
    "<queryByParameter><queryId extension='7'/><parameterList><livingSubjectId><value>"
    "<item root='2.16.156.10011.2.5.1.4' extension='P42'/></value></livingSubjectId></parameterList>"
    "</queryByParameter>",
)
