"""Tags of HTML in markdown."""

import pytest

from tests.profiles.validator.special.world import told


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a <b>c</b>", 1),
        ("a < b and c > d", 0),
        ("`<b>` is bold", 0),
        ("```\n<b>\n```", 0),
        ("see <https://a.example/b>", 0),
        ("\\<b>", 0),
    ],
)
def test_tags(text: str, count: int) -> None:
    resource = {"resourceType": "Communication", "status": "completed", "note": [{"text": text}]}
    assert [name for _, name, _ in told(resource)].count("markdown-html") == count
