"""What holds for any text."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Changed, Example, Means, Message
from assay.data.pii.kinds import KINDS
from assay.data.pii.recognise import find_by_pattern, recognise
from assay.data.steps.anonymise import Anonymise

MEANS = Means(key=b"k" * 32)
DATA = [
    "jo.do@acme.com",
    "4111 1111 1111 1111",
    "+44 20 7946 0958",
    "DE89370400440532013000",
    "203.0.113.7",
    "(212) 555-0187",
]
DATA += [
    "SSN 123-45-6789",
    "https://acme.com/x",
    "12345678Z",
    "221 Baker Street",
    "password: hunter2!x",
    "zip 90210",
    "@",
    "\n",
]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(DATA), st.text(max_size=12), st.text(string.digits + " -./+", max_size=12)
    ),
    max_size=8,
)


def once(step, text):
    result = step.one(Example("r", (Message("user", text),)), MEANS)
    return (result.example if isinstance(result, Changed) else result).text


@given(TEXTS)
def test_spans_lie_in_the_text_and_do_not_overlap(parts):
    text = " ".join(parts)
    assert all(0 <= s.start < s.end <= len(text) for s in find_by_pattern(text, frozenset(KINDS)))
    spans = recognise([text], frozenset(KINDS), None)[0]
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))


@given(TEXTS)
def test_masks_are_left_alone_a_second_time(parts):
    # More may be found then, since a mask says what stands beside it; what is masked stays as it
    # is.
    step = Anonymise.model_validate({"as": "mask", "names": "none"})
    masked = once(step, " ".join(parts))
    left = iter(re.findall(r"<[A-Z_]+>", once(step, masked)))
    assert all(mask in left for mask in re.findall(r"<[A-Z_]+>", masked))


@given(TEXTS)
def test_what_stands_around_the_data_stays(parts):
    text = " ".join(parts)
    step = Anonymise.model_validate({"as": "mask", "names": "none"})
    spans = recognise([text], step.kinds, None)[0]
    made, at = "", 0
    for span in spans:
        made += text[at : span.start] + f"<{span.kind}>"
        at = span.end
    assert once(step, text) == made + text[at:]
