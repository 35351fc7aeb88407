"""What is remembered of references is what is said of each by itself."""

from hypothesis import given
from hypothesis import strategies as st

from exchange.search.index.remembered import references
from exchange.search.value.references import local_target, reference_tokens
from mpi.keys import patient_key

BASE = "https://hub.example/fhir"
IDS = st.text(st.sampled_from("aZ09-./_ #|\n"), max_size=66)
REFERENCES = st.builds(
    "{}{}{}".format, st.sampled_from(("Patient/", "", f"{BASE}/Patient/", "Group/", "Patient")), IDS,
    st.sampled_from(("", "/_history/2")),
)  # fmt: skip


@given(REFERENCES)
def test_tokens_and_patient_of_a_reference(reference: str) -> None:
    target = local_target(reference, BASE)
    patient = patient_key(target[1]) if target is not None and target[0] == "Patient" else None
    tokens = reference_tokens("Patient.link.other", reference, BASE)
    assert references("Patient.link.other", BASE)[reference] == (tokens, patient)
