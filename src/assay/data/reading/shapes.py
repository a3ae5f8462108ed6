"""From the fields of a row to an `Example`: which shapes are known, and how a row is read in its
layout (layout.py)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.core.types import Document, Example, Message, Messages
from assay.data.reading.contexts import context_of
from assay.data.reading.conversations import ABOUT, FIELDS
from assay.data.reading.findings import Findings
from assay.data.reading.layout import RowLayout
from assay.data.reading.preferences import (
    apply_verdict,
    as_choice,
    preference,
    read_rejected,
    verdict,
)
from assay.data.reading.program_checks import checks_of, with_tests
from assay.data.reading.question_messages import messages_of
from assay.data.reading.read_file import RawRow
from assay.data.reading.targets import options_in, targets_of
from assay.data.reading.timestamps import time_of
from assay.data.reading.turns import is_conversation, speaker_of, usual_role
from assay.tasks.column_names import SETUP, TESTS
from assay.tasks.columns import Row, as_text, is_record, value_at
from assay.tasks.entities import BOUNDS
from assay.tasks.options import question_with_options, shuffle_options

# --- known shapes ---------------------------------------------------------------------------------


def messages(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """OpenAI and TRL: a list of {role, content}."""
    return _conversation(names, row, ("messages", "conversation", "conversations"), "role")


def sharegpt(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """ShareGPT: a list of {from, value} with the roles human and gpt."""
    return _conversation(names, row, ("conversations", "conversation", "messages"), "from")


def _conversation(
    names: Sequence[str], row: Row, usual: Sequence[str], role: str
) -> dict[str, str] | None:
    for name in usual:
        turns = row.get(name) if name in names else None
        if isinstance(turns, list) and turns and isinstance(turns[0], dict) and role in turns[0]:
            return {"messages": name}
    return None


def dialogue(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A list of turns under other names, where nothing else is said about it."""
    if ABOUT & {name.casefold() for name in names}:
        return None
    return next(
        ({"messages": name} for name in FIELDS if name in names and is_conversation(row.get(name))),
        None,
    )


def open_talk(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A conversation that waits for its answer, which stands beside it."""
    answer = next((name for name in _SAID_NEXT if isinstance(row.get(name), str)), None)
    talk = next((name for name in (*FIELDS, "prompt", "input") if name in names), None)
    turns = row.get(talk or "")
    if answer is None or talk is None or not isinstance(turns, list) or not is_conversation(turns):
        return None
    if usual_role(speaker_of(turns[-1])) in ("assistant", "system"):
        return None
    return {"question": talk, "answer": answer}


def prompt_completion(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A prompt and what should follow; either may be a list of messages."""
    if {"prompt", "completion"} <= set(names):
        return {"question": "prompt", "answer": "completion"}
    return None


def inputs_targets(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """FLAN, P3 and other mixtures of tasks: what is asked in full, and what should follow."""
    if isinstance(row.get("inputs"), str) and isinstance(row.get("targets"), str):
        return {"question": "inputs", "answer": "targets"}
    return None


def alpaca(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """instruction, perhaps input, output; by another name the output stands behind an input."""
    more = {"input": "input"} if "input" in names else {}
    written = ("output", "response", "completion", "answer")[: 4 if more else 1]
    answer = next((name for name in written if name in names), None)
    if answer is None or "instruction" not in names:
        return None
    return {"question": "instruction", **more, "answer": answer}


def question_answer(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """question, answer or answers, perhaps context."""
    for answer in ("answer", "answers"):
        if {"question", answer} <= set(names) and not is_record(row.get(answer)):
            more = {"context": "context"} if "context" in names else {}
            return {"question": "question", "answer": answer, **more}
    return None


def tokens_tags(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A list of words and as many tags: CoNLL, as Hugging Face data sets have it."""
    words = row.get("tokens")
    for name in ("ner_tags", "tags", "labels"):
        tags = row.get(name)
        if isinstance(words, list) and isinstance(tags, list) and words and len(words) == len(tags):
            return {"text": "tokens", "entities": name}
    return None


def text_spans(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A text and its named pieces, as a list, or an object of fields."""
    text = next((one for one in ("text", "full_text", "sentence", "content") if one in names), None)
    for name in ("entities", "spans", "ner", "slots"):
        if text and isinstance(row.get(name), list | Mapping):
            return {"text": text, "entities": name}
    # as doccano and others have it
    for name in ("label", "labels", "annotations", "mentions", "aspects", "tags"):
        value = row.get(name)
        if text and isinstance(value, list) and value and all(map(_is_span, value)):
            return {"text": text, "entities": name}
    return None


def _is_span(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 3 and [type(one) for one in value] == [int, int, str]
    return isinstance(value, Mapping) and any({first, last} <= set(value) for first, last in BOUNDS)


def code_tests(names: Sequence[str], row: Row) -> dict[str, str] | None:
    """A text, a program and the tests that it passes: MBPP."""
    tests = next((name for name in TESTS if isinstance(row.get(name), list)), None)
    text = next((name for name in ("text", "prompt", "question") if name in names), None)
    if tests is None or text is None or "code" not in names:
        return None
    setup = next((name for name in SETUP if name in names), None)
    return {"text": text, "code": "code", "tests": tests, **({"setup": setup} if setup else {})}


def text_label(names: Sequence[str], row: Row) -> dict[str, str] | None:
    return {"text": "text", "label": "label"} if {"text", "label"} <= set(names) else None


_SAID_NEXT = ("response", "answer", "reply", "completion", "output", "target", "ideal", "reference")
_NOTHING = (None, "", [], {})
_WRITTEN = 3  # words of a written text, on average
Shape = Callable[[Sequence[str], Row], dict[str, str] | None]
SHAPES: tuple[Shape, ...] = (
    preference,
    verdict,
    open_talk,
    messages,
    sharegpt,
    dialogue,
    prompt_completion,
    inputs_targets,
    alpaca,
    code_tests,
    question_answer,
    tokens_tags,
    text_spans,
    text_label,
)


def recognise(names: Sequence[str], rows: Sequence[Row]) -> tuple[str, dict[str, str]]:
    """(name of the shape, role -> field), or ("columns", {}) when the fields have to be guessed or
    mapped."""
    for shape in SHAPES:
        columns = shape(names, rows[0]) if rows else None
        if columns is None:
            continue
        goal = columns.get("entities") or columns.get("answer")
        if goal and not any(value_at(row, goal) not in _NOTHING for row in rows[:1000]):
            continue  # nothing is named in any text, or no question is answered
        values = [value_at(row, columns.get("label", "")) for row in rows[:1000]]
        if "label" in columns and _are_written(values):
            return shape.__name__, {"text": columns["text"], "answer": columns["label"]}
        # A 'label' with one value says nothing: the target is another column.
        if "label" not in columns or len(set(map(as_text, values))) > 1 or len(rows) == 1:
            return shape.__name__, columns
    return "columns", {}


def _are_written(values: Sequence[Any]) -> bool:
    """Are they lists of one text each, as annotation tools have it, that was written freely? Labels
    are short, or come again."""
    texts = [one[0] for one in values if isinstance(one, list) and one and isinstance(one[0], str)]
    if not texts or len(texts) < len(values):
        return False
    words = sum(len(text.split()) for text in texts) / len(texts)
    return words >= _WRITTEN and len(set(texts)) >= 0.9 * len(texts)


# --- rows -----------------------------------------------------------------------------------------


def line_of(raw: RawRow) -> int:
    return int(raw.source.rpartition(":")[2])


def example(raw: RawRow, layout: RowLayout, id: str, found: Findings) -> Example | None:
    """The row as an example, or None when `found` has a problem with it."""
    if layout.chooses_pairs:
        pair = example(raw, replace(layout, kind="answer"), id, found)
        return pair and as_choice(pair, line_of(raw), found)
    row, line = raw.fields, line_of(raw)
    turns = messages_of(row, layout, line, found)
    options = options_in(row, layout, line, found)
    if turns is None or options is None:
        return None
    answered = _answered(row, layout, turns, options, line, found)
    if answered is None:
        return None
    turns, target, also = answered
    context = context_of(row, layout.columns.get("context"), id, raw.source)
    _warn_of_gaps(row, layout, turns, (target, *also), context, line, found)
    if options and turns and layout.kind == "choose":
        if layout.shuffle:
            letters = () if target is None else (target, *also)
            options, letters = shuffle_options(options, letters, turns[-1].content)
            target, also = (letters[0], letters[1:]) if letters else (None, ())
        turns = (*turns[:-1], Message("user", question_with_options(turns[-1].content, options)))
    rejected = None
    if target is not None and layout.columns.get("liked"):
        target, rejected = apply_verdict(row, layout.columns["liked"], target, line, found)
    elif target is not None and layout.target and layout.columns.get("rejected"):
        rejected = read_rejected(row, layout.columns["rejected"], turns, target, line, found)
    slices = tuple(
        sorted((name, word) for name in layout.slices if (word := as_word(value_at(row, name))))
    )
    group = as_word(value_at(row, layout.group)) if layout.group else ""
    checks = None
    if layout.kind == "code":
        checks = checks_of(row, layout.columns, layout.language, line, found, needed=layout.target)
        if turns and layout.show_tests != "none":
            turns = with_tests(
                turns, checks.tests[:1] if layout.show_tests == "first" else checks.tests
            )
    own, when = layout.columns.get("id"), time_of(row, layout.time, line, found)
    return Example(
        id=as_text(value_at(row, own)).strip() or id if own else id,
        messages=turns,
        target=target,
        also=also,
        rejected=rejected,
        context=context,
        group=group or None,
        slices=slices,
        source=raw.source,
        time=when,
        found_in=_document_ids(row, layout.columns.get("found_in")),
        options=options,
        checks=checks if layout.target else None,
    )


def _answered(
    row: Row, layout: RowLayout, turns: Messages, options: Sequence[str], line: int, found: Findings
) -> tuple[Messages, str | None, tuple[str, ...]] | None:
    """The turns that are asked, the target, and further accepted answers; None when `found` has a
    problem with them."""
    if turns and layout.kind == "continue":
        return turns, turns[-1].content, ()  # what is asked is how likely the text itself is
    if turns and turns[-1].role == "assistant":
        target = turns[-1].content
        if layout.kind == "classify":
            target = target.strip() or layout.none
            if not target:
                found.count(
                    "D026",
                    "the last assistant turn is empty",
                    line,
                    "give it a label, or remove the row",
                )
        return turns[:-1], target, ()
    if layout.target and layout.mend and "messages" in layout.columns:
        # the conversation ends with the user: `dialogues` cuts it back to the last answer
        return turns, "", ()
    if layout.target and layout.target_field:
        answers = targets_of(row, layout, line, found, options)
        if answers is None:
            return None
        return (turns, answers[0], answers[1:]) if answers else (turns, None, ())
    return turns, None, ()


def _warn_of_gaps(
    row: Row,
    layout: RowLayout,
    turns: Messages,
    answers: Sequence[str | None],
    context: Sequence[Document],
    line: int,
    found: Findings,
) -> None:
    """An empty question or answer (D028), and one that is to stand in its context and does not
    (D054). `answers`: the target first."""
    asked = layout.columns.get("messages")
    if not any(turn.content.strip() for turn in turns if turn.role == "user"):
        found.warn("D028", f"'{asked or layout.text_field}' is empty", line)
    target = answers[0]
    if target is not None and not target.strip() and layout.kind != "classify":
        found.warn("D028", f"'{asked or layout.target_field}' has an empty answer", line)
    if target and context and isinstance(value_at(row, layout.target_field or ""), Mapping):
        passages = "\n".join(document.text for document in context)
        if not any(answer in passages for answer in answers if answer is not None):
            found.warn("D054", "the answer does not stand in its context", line)


def _document_ids(row: Row, name: str | None) -> tuple[str, ...]:
    """The ids of documents in a field: a list of them, or one."""
    value = value_at(row, name) if name else None
    ids = [as_text(one).strip() for one in (value if isinstance(value, list) else [value])]
    return tuple(dict.fromkeys(one for one in ids if one))


def as_word(value: Any) -> str:
    """A field as one short text; a long one (a shared passage as group) as its hash."""
    text = "\n".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
    text = text.strip()
    return text if len(text) <= 80 else hashlib.sha256(text.encode()).hexdigest()[:16]
