"""Clinical documents of our own making."""

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="CN"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>
  <templateId root="2.16.156.10011.2.1.1.{template}"/>
  <id root="2.16.156.10011.1.1" extension="{number}"/>
  <code code="{code}" codeSystem="2.16.156.10011.2.4" codeSystemName="文档"/>
  <title>{title}</title>
  <effectiveTime value="20240305101500"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="zh-CN"/>
  <setId/><versionNumber/>
  <recordTarget typeCode="RCT"><patientRole classCode="PAT">
    <id root="2.16.156.10011.1.12" extension="ZY0042"/>
    <telecom value="13900000000" use="MC"/>
    <patient>
      <id root="2.16.156.10011.1.3" extension="110101199003071233"/>
      <name>欧阳测试</name>
      <administrativeGenderCode code="1" codeSystem="2.16.156.10011.2.3.3.4" displayName="男性"/>
      <birthTime value="19900307"/>
      <age value="33" unit="岁"/>
    </patient>
  </patientRole></recordTarget>
  <author><time value="20240305"/><assignedAuthor>
    <id root="2.16.156.10011.1.4" extension="D77"/>
    <assignedPerson><name>周医生</name></assignedPerson>
  </assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>
    <id root="2.16.156.10011.1.5" extension="H009"/><name>测试医院</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <legalAuthenticator><time value="20240305120000"/><signatureCode/><assignedEntity>
    <id root="2.16.156.10011.1.4" extension="D78"/><code displayName="主任医师"/>
    <assignedPerson><name>吴主任</name></assignedPerson>
  </assignedEntity></legalAuthenticator>
  <componentOf><encompassingEncounter>
    <effectiveTime><low value="20240301090000"/><high value="20240305100000"/></effectiveTime>
    <location><healthCareFacility><serviceProviderOrganization><asOrganizationPartOf><wholeOrganization>
      <id root="2.16.156.10011.1.22" extension="12"/><name>12床</name>
      <asOrganizationPartOf><wholeOrganization>
        <id root="2.16.156.10011.1.26" extension="K3"/><name>呼吸科</name>
      </wholeOrganization></asOrganizationPartOf>
    </wholeOrganization></asOrganizationPartOf></serviceProviderOrganization></healthCareFacility></location>
  </encompassingEncounter></componentOf>
  <component><structuredBody>"""
FOOT = "</structuredBody></component></ClinicalDocument>"
CATALOGUE = 'codeSystem="2.16.156.10011.2.2.1"'


def section(code: str, *entries: str, text: str = "") -> str:
    """A section of LOINC with its entries."""
    body = "".join(f"<entry>{each}</entry>" for each in entries)
    return (
        f'<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="S {code}"/>'
        f"<text>{text}</text>{body}</section></component>"
    )


def statement(code: str, name: str, value: str, inner: str = "") -> str:
    """An observation of one data element."""
    return (
        f'<observation classCode="OBS" moodCode="EVN"><code code="{code}" {CATALOGUE} displayName="{name}"/>'
        f"{value}{inner}</observation>"
    )


def part(inner: str) -> str:
    return f'<entryRelationship typeCode="COMP">{inner}</entryRelationship>'


def document(*sections: str, code: str = "C0034", number: str = "R1", title: str = "入院记录") -> bytes:
    """A whole document."""
    head = HEAD.format(template=20 + int(code[1:]), number=number, code=code, title=title)
    return (head + "".join(sections) + FOOT).encode()


ICD = 'codeSystem="2.16.156.10011.2.3.3.11.3"'
ADMISSION = document(
    section(
        "8716-3",
        statement("DE04.10.186.00", "体温(℃)", '<value xsi:type="PQ" value="36.50" unit="℃"/>'),
        statement("DE99.99.999.00", "自定项目", '<value xsi:type="ST">无名的值</value>'),
    ),
    section(
        "29548-5",
        statement(
            "DE05.01.025.00",
            "入院诊断-西医诊断名称",
            '<value xsi:type="ST">社区获得性肺炎</value>',
            part(
                statement(
                    "DE05.01.024.00",
                    "入院诊断-西医诊断编码",
                    f'<value xsi:type="CD" code="J18.900" {ICD} displayName="肺炎"/>',
                )
            ),
        ),
        text='<paragraph>发热<content styleCode="Bold">三天</content></paragraph>',
    ),
    section("48765-2", statement("DE02.10.022.00", "过敏史", '<value xsi:type="ST">青霉素皮疹</value>')),
    section(
        "47519-4",
        '<procedure classCode="PROC" moodCode="EVN">'
        '<code code="47.0900" codeSystem="2.16.156.10011.2.3.3.12"/>'
        '<effectiveTime value="20240302143000"/>'
        + part(statement("DE06.00.094.00", "手术(操作)名称", '<value xsi:type="ST">阑尾切除术</value>'))
        + part(statement("DE06.00.999.00", "别的", '<value xsi:type="BL" value="true"/>'))
        + "</procedure>",
    ),
)
