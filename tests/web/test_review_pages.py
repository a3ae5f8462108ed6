"""Two strategies rated blind on the page: nothing says whose is whose, and all ratings are kept."""

import html
import re

import pytest

from assay.audits.human_review.review import Review
from web.conftest import ORIGIN, send_form

pytestmark = pytest.mark.slow


def rate(client, own, text, **said):
    form = text[text.index("review/rate") :]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    data = {name: html.unescape(value) for name, value in found.items()} | said
    return client.post(f"/p/{own.id}/review/rate", data=data, headers={"origin": ORIGIN})


def test_pairs_are_drawn_rated_and_counted(client_of, own):
    assert "Draw pairs" in client_of.get(f"/p/{own.id}/review").text
    page = send_form(client_of, own, "review/draw", page="review", who="anna")
    count = int(re.search(r"0 of (\d+) rated", page.text)[1])
    assert count == len(Review.of(own.target).items) > 3
    names = {name for item in Review.of(own.target).items.values() for name in item.arms}
    for number in range(count):
        text = page.text
        shown = re.sub(r'<(?:header|p class="command").*?</(?:header|p)>', "", text, flags=re.S)
        assert not any(re.search(rf"\b{name}\b", shown) for name in names - {"target"})
        assert "majority" not in text and "tfidf" not in text
        page = rate(client_of, own, text, choice=("A", "B", "tie", "bad")[number % 4])
        assert page.status_code == 200
    assert f"All {count} pairs are rated" in page.text
    found = Review.of(own.target)
    assert len(found.ratings) == count and {one.reviewer for one in found.ratings} == {"anna"}
    assert found.tally() is not None


def test_a_rating_is_changed_with_its_reasons(client_of, own):
    page = send_form(client_of, own, "review/draw", page="review", who="anna")
    after = rate(client_of, own, page.text, choice="A", **{"reason:wrong": "1", "note": "<b>"})
    before = html.unescape(re.search(r'data-key="u" href="([^"]+)"', after.text)[1])
    again = client_of.get(before).text
    assert 'data-key="1" aria-pressed="true"' in again and 'value="&lt;b&gt;"' in again
    rate(client_of, own, again, choice="tie")
    (found,) = Review.of(own.target).ratings
    assert (found.choice, found.reasons) == ("tie", ())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"choice": "C"}, "D025"),
        ({"choice": ""}, "D025"),
        ({"choice": "A", "id": "nothing"}, "D087"),
        ({"choice": "A", "who": "a b"}, "C073"),
    ],
)
def test_what_is_no_rating_is_refused(client_of, own, said, code):
    page = send_form(client_of, own, "review/draw", page="review", who="anna")
    answer = rate(client_of, own, page.text, **said)
    assert answer.status_code == 400 and code in answer.text
    assert not Review.of(own.target).ratings
