from adapters.hl7v2.functions.keys import code_key, ei_key, eip_key, patient_key
from tests.adapters.hl7v2.functions.values import SID, context, values


def test_keys() -> None:
    assert patient_key(values("9^^^^NI", "7^^^^PI", "8^^^^MR"), context()) == f"{SID}/PI|7"
    assert patient_key(values("", "9"), context()) == f"{SID}/MR|9"
    assert patient_key(values("^^^^MR"), context()) is None
    assert ei_key(values("P|1^HIS"), context()) == f"{SID}/HIS/order|P\\|1"
    assert eip_key(values("P1^F1"), context()) == f"{SID}/order|F1"
    assert eip_key(values("P1"), context()) == f"{SID}/order|P1"
    assert code_key(values("A^名^L"), context()) == code_key(values("A^名称^L"), context()) == "A|L"
    assert code_key(values("^名"), context()) == "名|"
    assert code_key(values("^^^B^b^LN"), context()) == "B|"
