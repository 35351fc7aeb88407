"""What is taken at a glance is what reading every tag allows, too."""

from hypothesis import given
from hypothesis import strategies as st

from profiles.fhirpath.xhtml import XHTML, _is_read, is_plain

PIECES = st.sampled_from(
    (
        "<p>", "</p>", "<b>x</b>", "<br/>", "<script>", "</script>", '<a href="http://x">', "</a>",
        "<p onclick='x'>", '<p class="a" id=\'b\'>', "<p class=a>", "text", "&lt;", "&nbsp;", ">", "<",
        '<a title="<b>">', "< p>", "<!-- -->", '<table border="1"><tr><td>x</td></tr></table>', "\n", "<P>",
    )
)  # fmt: skip


@given(st.lists(PIECES, max_size=5).map("".join))
def test_a_glance_allows_nothing_that_reading_refuses(inside: str) -> None:
    div = f'<div xmlns="{XHTML}">{inside}</div>'
    assert not is_plain(div) or _is_read(div)


def test_what_is_usual_is_taken_at_a_glance() -> None:
    assert is_plain(f'<div xmlns="{XHTML}"><p class="a"><a href="http://x">x</a><br/></p> a &gt; b</div>')
