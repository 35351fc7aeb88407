from adapters.documents import document_maps, translate_document
from adapters.hospitals.hospital import Hospitals
from adapters.local.render import rendered
from adapters.trees.element import Element
from adapters.trees.parse import parse
from profiles.definitions import definitions

HEAD = "<DocID>D1</DocID><PatientInfo><PatientName>王五</PatientName></PatientInfo>"


def document(code: str, body: str) -> Element:
    return rendered(parse(f"<{code}>{HEAD}{body}</{code}>".encode())).root


def statements(root: Element, code: str) -> list[Element]:
    return [
        each
        for each in root.walk()
        if each.name == "observation" and (named := each.first("code")) and named.peek("code") == code
    ]


def test_parts_of_one_statement_come_together() -> None:
    root = document(
        "C0008",
        "<FollowupTime>20240401</FollowupTime><FollowupMethodCode>1</FollowupMethodCode>"
        "<FollowupMethodName>门诊</FollowupMethodName><FollowupPeriodCode>02</FollowupPeriodCode>",
    )
    [made] = statements(root, "DE06.00.108.00")
    value, when = made.first("value"), made.first("effectiveTime")
    assert value is not None
    assert (value.peek("code"), value.peek("displayName")) == ("1", "门诊")
    assert when is not None
    assert when.peek("value") == "20240401"
    assert made.first("entryRelationship", "observation") in statements(root, "DE06.00.112.00")


def test_rows_are_entries_of_their_own() -> None:
    row = "<row><OperationCode>{}</OperationCode><OperationOPSName>{}</OperationOPSName></row>"
    root = document(
        "C0008", f"<OperationInfo>{row.format('1.1', '甲')}{row.format('2.2', '乙')}</OperationInfo>"
    )
    made = [each for each in root.walk() if each.name == "procedure"]
    assert [each.first("code").peek("code") for each in made if each.first("code")] == ["1.1", "2.2"]
    assert len(statements(made[0], "DE06.00.094.00")) == 1


def test_repetitions_share_what_they_stand_in() -> None:
    root = document(
        "C0008",
        "<AllergiesSign>true</AllergiesSign><AllergiesDesc><AllergiesDescItem>尘</AllergiesDescItem>"
        "<AllergiesDescItem>花粉</AllergiesDescItem></AllergiesDesc>",
    )
    [flag] = statements(root, "DE02.10.023.00")
    assert len(statements(flag, "DE02.10.022.00")) == 2


def test_the_patient_and_who_signs_for_him() -> None:
    root = document(
        "C0028",
        "<PatientSignTime>20240301</PatientSignTime><PatientSignName>王五</PatientSignName>"
        "<AgentSignTime>20240302</AgentSignTime><AgentRelCode>70</AgentRelCode><AgentName>王六</AgentName>",
    )
    entities = [each.first("assignedEntity", "code") for each in root.named("authenticator")]
    assert [each.peek("displayName") or each.peek("code") for each in entities if each] == ["患者", "70"]


def test_a_department_alone_is_who_provides() -> None:
    root = document("C0002", "<DeptName>儿科</DeptName><OrganCode>H1</OrganCode>")
    assert root.first("componentOf") is None
    way = ("recordTarget", "patientRole", "providerOrganization", "name")
    assert (named := root.first(*way)) is not None
    assert named.peek("") == "儿科"


def test_an_earlier_version_is_replaced() -> None:
    raw = f"<C0037>{HEAD}<ParentDocID>D0</ParentDocID><ParentDocSetID>S</ParentDocSetID></C0037>".encode()
    made = translate_document(raw, document_maps(definitions()), Hospitals("https://hub.test"))
    assert not made.issues
    [told] = [e.resource["relatesTo"] for e in made.entries if e.resource["resourceType"] == "Composition"]
    assert told[0]["code"] == "replaces"
