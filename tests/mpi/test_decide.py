"""Comparing and deciding: symmetric, independent of order, and never past a guard."""

from hypothesis import given
from hypothesis import strategies as st

from mpi.compare import compare
from mpi.decide import Cluster, Member, conflicts, decide
from mpi.normalisation.demographics import Card, Demographics, demographics_from_patient
from terminology.naming import identify
from tests.mpi.people import patient, valid_id
from tests.mpi.strategies import demographics

MOTHER = valid_id("1990-01-02", 202)


def facts(**told: object) -> Demographics:
    return demographics_from_patient(patient(**told), identify)  # type: ignore[arg-type]


def clusters(*members: Demographics) -> list[Cluster]:
    return [Cluster(number, (Member(number, member),)) for number, member in enumerate(members, 1)]


@given(demographics(), demographics())
def test_comparison_is_symmetric(one: Demographics, other: Demographics) -> None:
    assert compare(one, other) == compare(other, one)


@given(demographics(), demographics())
def test_two_records_decide_the_same_about_each_other(one: Demographics, other: Demographics) -> None:
    there, back = decide(one, clusters(other)), decide(other, clusters(one))
    assert (there.kind, there.rule, there.person) == (back.kind, back.rule, back.person)


@given(demographics(), st.lists(demographics(), max_size=4), st.randoms())
def test_the_order_of_candidates_makes_no_difference(
    record: Demographics, others: list[Demographics], random: object
) -> None:
    candidates = clusters(*others)
    shuffled = candidates.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(record, candidates) == decide(record, shuffled)


@given(demographics(), st.lists(demographics(), max_size=4))
def test_no_link_without_evidence_or_past_a_guard(record: Demographics, others: list[Demographics]) -> None:
    decision = decide(record, clusters(*others))
    assert (decision.kind == "link") == (decision.person is not None)
    if decision.person is not None:
        comparison = compare(record, others[decision.person - 1])
        assert comparison.evidence
        assert not comparison.conflicts
        assert decision.person not in decision.review
    if decision.kind == "new":
        assert all(not compare(record, other).evidence for other in others)


def test_two_valid_numbers_forbid_whatever_is_shared() -> None:
    one = facts(citizen=valid_id(order=101), card="E1000001")
    other = facts(citizen=valid_id(order=303), card="E1000001")
    decision = decide(one, clusters(other))
    assert (decision.kind, decision.review) == ("review", (1,))
    assert "different-citizen-ids" in decision.findings[0].conflicts


def test_sex_forbids_without_a_shared_number() -> None:
    decision = decide(facts(card="E1000001"), clusters(facts(card="E1000001", gender="female")))
    assert decision.kind == "review"
    decision = decide(facts(citizen=valid_id()), clusters(facts(citizen=valid_id(), gender="female")))
    assert decision.kind == "link"


def test_a_telephone_or_a_dwelling_beside_name_and_birth_date_links() -> None:
    phone = [{"system": "phone", "value": "13912345678"}]
    home = [{"text": "上海市黄浦区南京东路1号"}]
    for shared in ({"telecom": phone}, {"address": home}):
        decision = decide(facts(**shared), clusters(facts(**shared)))
        assert (decision.kind, decision.rule) == ("link", "demographics")
        assert decide(facts(**shared), clusters(facts(**shared, name="王芳"))).kind == "new"
        other = decide(facts(**shared), clusters(facts(**shared, gender="female")))
        assert other.kind != "link"


def test_name_birth_date_and_sex_alone_never_link() -> None:
    assert decide(facts(), clusters(facts())).kind == "new"
    assert decide(facts(), clusters(facts(), facts())).kind == "new"


def test_twins_are_two() -> None:
    told = {
        "telecom": [{"system": "phone", "value": "13912345678"}],
        "address": [{"text": "上海市黄浦区南京东路1号"}],
        "birth_date": "2020-05-06",
    }
    for name in ("王子涵", "王子轩", "王一"):
        assert decide(facts(**told, name="王子安"), clusters(facts(**told, name=name))).kind != "link"


def test_a_name_that_sounds_alike_or_of_which_part_was_changed_links_by_the_number() -> None:
    for name in ("王维", "李伟", "王伟国", "张王氏", "wang wei", "huangwei"):
        assert (
            decide(facts(citizen=valid_id()), clusters(facts(citizen=valid_id(), name=name))).kind == "link"
        )


def test_a_number_under_a_name_that_has_nothing_of_the_other_is_asked_about() -> None:
    """A form filled birth date and sex from the number that a child's mother or a spouse gave."""
    mother, child = facts(citizen=valid_id(), name="陈芳"), facts(citizen=valid_id(), name="李子涵")
    assert decide(child, clusters(mother)).kind == "review"
    assert "different-name" in compare(child, mother).conflicts
    for another in ("陈子墨", "陈丽", "zihan li", "chen li"):
        assert decide(facts(citizen=valid_id(), name=another), clusters(mother)).kind == "review"
    home = [{"text": "成都市武侯区科华路3号2栋1单元501"}]
    slip, at_home = (facts(citizen=valid_id(), name=name, address=home) for name in ("陈丽", "陈芳"))
    assert decide(slip, clusters(at_home)).kind == "link"


def test_a_spouse_under_the_others_number_is_somebody_else() -> None:
    husband = facts(citizen=valid_id("1980-05-06"), name="王伟")
    told = {"name": "李娜", "gender": "female", "birth_date": "1983-11-21", "telecom": PHONE}
    wife = facts(citizen=valid_id("1980-05-06"), **told)
    assert decide(wife, clusters(husband)).kind == "new"
    own = facts(citizen=valid_id("1983-11-21", 202), **told)
    assert decide(own, clusters(wife)).rule == "demographics"
    assert (
        decide(facts(citizen=valid_id(), gender="female"), clusters(facts(citizen=valid_id()))).kind == "link"
    )


def test_a_newborn_with_its_mothers_card_is_no_question_of_who_she_is() -> None:
    mother = facts(name="王芳", gender="female", birth_date="1990-01-02", card="E1000001")
    child = facts(name="王芳之子", gender="male", birth_date="2026-01-01", card="E1000001")
    assert decide(child, clusters(mother)).kind == "new"
    assert decide(child, clusters(child)).kind != "new"


def test_who_changed_the_name_is_known_by_both() -> None:
    before, after = facts(citizen=valid_id(), name="陈芳"), facts(citizen=valid_id(), name="李子涵")
    person = Cluster(1, (Member(1, before), Member(2, before), Member(3, after, settled=True)))
    assert decide(after, [person]).kind == "link"
    assert decide(before, [person]).kind == "link"


def test_newborns_under_their_mothers_number_are_not_their_mother_nor_each_other() -> None:
    mother = facts(name="王芳", gender="female", birth_date="1990-01-02", citizen=MOTHER)
    elder = facts(name="王芳大双", gender=None, birth_date="2026-01-01", citizen=MOTHER)
    younger = facts(name="王芳小双", gender=None, birth_date="2026-01-01", citizen=MOTHER)
    undated = facts(name="王芳之女", gender=None, birth_date=None, citizen=MOTHER)
    for child in (elder, younger):
        assert decide(child, clusters(mother)).kind == "new"
        assert decide(mother, clusters(child)).kind == "new"
    assert decide(undated, clusters(mother)).kind == "review"
    assert decide(elder, clusters(younger)).kind == "new"


def test_which_of_one_mothers_newborns_it_is_asks_a_human_only_where_it_can_be_one() -> None:
    told = facts(name="王芳之女", gender="female", birth_date="2026-01-01", citizen=MOTHER)
    again = facts(name="王芳之女", gender="female", birth_date="2026-01-01", citizen=MOTHER)
    sister = facts(name="王芳之女", gender="female", birth_date="2024-05-20", citizen=MOTHER)
    assert decide(again, clusters(told)).kind == "review"
    assert decide(sister, clusters(told)).kind == "new"


def test_a_child_that_was_seen_under_its_mothers_number_has_its_own_later() -> None:
    home = [{"text": "成都市武侯区科华路3号2栋1单元501"}]
    under = facts(name="王小明", birth_date="2020-05-05", citizen=MOTHER, address=home)
    own = facts(name="王小明", birth_date="2020-05-05", citizen=valid_id("2020-05-05"), address=home)
    assert decide(own, clusters(under)).rule == "demographics"


def test_named_twins_under_their_fathers_number_are_two() -> None:
    one = facts(name="王小明", birth_date="2020-05-05", citizen=valid_id())
    other = facts(name="王小红", gender=None, birth_date="2020-05-05", citizen=valid_id())
    assert decide(one, clusters(other)).kind == "review"


def test_a_child_under_its_parents_number_is_no_question_of_who_the_parent_is() -> None:
    mother = facts(name="王芳", gender="female", birth_date="1990-01-02", citizen=MOTHER)
    child = facts(name="李子涵", birth_date="2020-05-05", citizen=MOTHER, telecom=PHONE)
    sibling = facts(name="李子轩", birth_date="2022-07-08", citizen=MOTHER, telecom=PHONE)
    seen = facts(name="李子涵", birth_date="2020-05-05", telecom=PHONE)
    for other in (mother, sibling):
        assert decide(child, clusters(other)).kind == "new"
    decision = decide(child, clusters(mother, sibling, seen))
    assert (decision.kind, decision.person, decision.review) == ("link", 3, ())


def test_the_same_child_under_its_parents_number_is_one() -> None:
    one = facts(name="王小明", birth_date="2020-05-05", citizen=valid_id())
    assert decide(one, clusters(one)).kind == "link"


def test_whoever_had_a_lent_card_is_not_asked_about() -> None:
    owner = facts(card="E1000001", citizen=valid_id())
    lent = facts(card="E1000001", name="李娜", gender="female", birth_date="1971-02-03")
    assert decide(owner, clusters(lent)).kind == "new"


def test_a_card_alone_does_not_outweigh_another_name() -> None:
    one = facts(card="E1000001", name="王伟")
    assert decide(one, clusters(facts(card="E1000001", name="李娜"))).kind == "review"
    assert decide(one, clusters(facts(card="E1000001", name=None, birth_date=None))).kind == "link"


def test_twins_told_apart_by_birth_order() -> None:
    one = facts(citizen=valid_id(), multipleBirthInteger=1)
    other = facts(citizen=valid_id(), multipleBirthInteger=2)
    assert decide(one, clusters(other)).kind == "review"


def test_one_conflicting_member_guards_the_whole_person() -> None:
    record = facts(citizen=valid_id(), card="E1000001")
    good, bad = facts(citizen=valid_id()), facts(gender="female", card="E1000001")
    person = Cluster(1, (Member(1, good), Member(2, bad)))
    assert decide(record, [person]).kind == "review"
    assert len(conflicts(record, person)) == 1
    merged = Cluster(1, (Member(1, good), Member(2, bad, merged=True)))
    assert decide(record, [merged]).kind == "link"


def test_a_pair_that_somebody_parted_is_not_linked() -> None:
    person = Cluster(1, (Member(1, facts(citizen=valid_id()), forbidden=True),))
    assert decide(facts(citizen=valid_id()), [person]).kind == "review"


def test_two_persons_with_the_same_card_are_for_a_human() -> None:
    record = facts(card="E1000001")
    decision = decide(record, clusters(record, record))
    assert (decision.kind, decision.review) == ("review", (1, 2))


def test_the_citizen_id_outweighs_a_card_and_the_other_person_is_asked_about() -> None:
    record = facts(citizen=valid_id(), card="E1000001")
    decision = decide(record, clusters(facts(card="E1000001"), facts(citizen=valid_id())))
    assert (decision.kind, decision.rule, decision.person, decision.review) == ("link", "citizen-id", 2, (1,))


def test_nothing_known_is_no_evidence() -> None:
    assert decide(Demographics(), clusters(Demographics())).kind == "new"
    card = Card("health-card", "s", "E1000001")
    assert decide(Demographics(cards=(card,)), clusters(Demographics(cards=(card,)))).kind == "link"


PHONE = [{"system": "phone", "value": "13912345678"}]
HOME = [{"text": "上海市黄浦区南京东路1号"}]


def test_a_provisional_identity_is_decided_again_when_a_newcomer_bridges() -> None:
    known = facts(citizen=valid_id(), telecom=PHONE)
    alone = facts(address=HOME)
    bridge = facts(telecom=PHONE, address=HOME)
    decision = decide(bridge, clusters(alone, known))
    assert (decision.kind, decision.person, decision.taken, decision.review) == ("link", 2, (1,), ())
    settled = Cluster(1, (Member(1, alone, settled=True),))
    decision = decide(bridge, [settled, clusters(alone, known)[1]])
    assert (decision.kind, decision.taken, decision.review) == ("review", (), (1, 2))


def test_a_provisional_identity_that_something_speaks_against_is_for_a_human() -> None:
    known = facts(citizen=valid_id(), telecom=PHONE)
    alone = facts(address=HOME, multipleBirthInteger=2)
    bridge = facts(telecom=PHONE, address=HOME)
    first = facts(citizen=valid_id(), telecom=PHONE, multipleBirthInteger=1)
    assert decide(bridge, clusters(alone, known)).taken == (1,)
    assert decide(bridge, clusters(alone, first)).kind == "review"


def test_whom_the_guards_forbid_does_not_keep_a_record_from_whom_they_allow() -> None:
    mother = facts(name="王芳", gender="female", birth_date="1990-01-02", citizen=MOTHER)
    borrower = facts(name="王小宝", gender="female", birth_date="1996-01-03", citizen=MOTHER)
    decision = decide(mother, clusters(borrower, mother))
    assert (decision.kind, decision.person, decision.review) == ("link", 2, (1,))


def test_one_record_of_many_with_a_clerical_error_is_outvoted() -> None:
    record = facts(card="E1000001", telecom=PHONE)
    wrong = facts(card="E1000001", telecom=PHONE, gender="female")
    person = Cluster(1, (Member(1, record), Member(2, record), Member(3, wrong)))
    assert decide(record, [person]).kind == "link"
    person = Cluster(1, (Member(1, record), Member(3, wrong)))
    assert decide(record, [person]).kind == "review"


def test_a_newborn_under_its_mother_s_number_is_known_again_by_day_sex_and_order() -> None:
    told = {"gender": "male", "birth_date": "2026-01-01", "citizen": MOTHER}
    elder, younger = facts(name="王芳大双", **told), facts(name="王芳小双", **told)
    assert (elder.birth_order, younger.birth_order) == (1, 2)
    assert decide(elder, clusters(elder)).kind == "link"
    assert decide(elder, clusters(younger, elder)).person == 2
    either = facts(name="王芳之子", **told)
    assert decide(either, clusters(either)).kind == "review"


def test_who_borrow_one_number_are_not_one_by_a_name_that_sounds_alike_or_is_common() -> None:
    one = facts(name="李奇浩", birth_date="2001-11-11", citizen=MOTHER)
    alike = facts(name="李琪昊", birth_date="2004-04-04", citizen=MOTHER)
    same = facts(name="李奇浩", birth_date="1964-04-04", citizen=MOTHER)
    for other in (alike, same):
        assert decide(one, clusters(other)).kind == "review"
        assert "borrowed-citizen-id" in compare(one, other).conflicts


def test_a_wrong_birth_date_does_not_part_a_record_from_the_holder_of_its_number() -> None:
    holder = facts(name="李芳", birth_date="1990-01-02", citizen=MOTHER)
    assert (
        decide(facts(name="李芳", birth_date="1970-11-23", citizen=MOTHER), clusters(holder)).kind == "link"
    )


def test_of_two_namesakes_whom_numbers_part_a_human_says_which_it_is() -> None:
    phone = [{"system": "phone", "value": "13912345678"}]
    bare = facts(telecom=phone)
    one, other = (facts(telecom=phone, citizen=valid_id(order=order)) for order in (101, 123))
    twice = Cluster(1, (Member(1, one), Member(2, one)))
    named = Cluster(2, (Member(3, other),))
    assert "demographics" in compare(bare, one).evidence
    assert decide(bare, [twice]).kind == "link"
    decision = decide(bare, [twice, named])
    assert (decision.kind, decision.review) == ("review", (1, 2))


def test_a_number_of_one_and_the_name_and_home_of_another_are_for_a_human() -> None:
    home = [{"text": "成都市武侯区科华路3号2栋1单元501"}]
    holder = facts(name="王子安", citizen=valid_id(), address=home)
    twin = facts(name="王子轩", card="E1000001", address=home)
    lent = facts(name="王子轩", citizen=valid_id(), address=home)
    assert decide(lent, clusters(holder)).kind == "link"
    decision = decide(lent, clusters(holder, twin))
    assert (decision.kind, decision.review) == ("review", (1, 2))


def sounded(name: str, **told: object) -> Demographics:
    phone = [{"system": "phone", "value": "13912345678"}]
    return facts(name=name, birth_date="2010-05-06", telecom=phone, **told)


def test_a_name_in_letters_is_linked_to_its_characters_and_stands_for_no_twin() -> None:
    letters, one, twin = sounded("Wang Zian"), sounded("王子安"), sounded("王梓安")
    assert decide(letters, clusters(one)).person == decide(one, clusters(letters)).person == 1
    both = Cluster(1, (Member(1, letters), Member(2, one)))
    assert decide(twin, [both]).kind == "review"
    assert decide(one, [both]).person == 1
    assert decide(letters, clusters(one, twin)).kind == "review"
    several = [Cluster(1, (Member(1, one), Member(3, one))), Cluster(2, (Member(2, twin),))]
    assert decide(letters, several).kind == "review"
    with_card = sounded("Wang Zian", card="E1000001")
    assert decide(with_card, clusters(sounded("王子安", card="E1000001"), twin)).kind == "review"


def test_who_is_named_as_somebodys_daughter_is_not_she() -> None:
    mother = facts(name="万丽", citizen=valid_id())
    child = facts(name="万丽女", citizen=valid_id())
    assert decide(child, clusters(mother)).kind == decide(mother, clusters(child)).kind == "review"
