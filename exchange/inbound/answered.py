"""What an answer of ours says, of whatever form it is. Pure."""

import re
from typing import Final

_V2: Final = re.compile(rb"(?:^|\r)MSA.(A[AER]|C[AER])")
_V3: Final = re.compile(rb'typeCode(?:="| code=")(A[AER])"')


def code_of(answer: bytes) -> str:
    """Its code of Table 0008; of an OperationOutcome AE or AA."""
    if found := _V2.search(answer) or _V3.search(answer):
        return found[1].decode()
    return "AE" if b'"severity":"error"' in answer else "AA"
