"""Texts that hold marks of a chat template, or characters that nobody sees.

What it is for   such rows are counted and shown: a model reads the marks as text (they are never
                 control tokens here), but other programs may not, and invisible characters hide
                 instructions from a reader
Watch out        joiners (U+200C, U+200D) and the marks U+200E and U+200F belong to scripts and
                 emoji: not counted
"""

import re
from collections import Counter
from collections.abc import Iterable

from assay.core.types import Example
from assay.data.reading.findings import rows

_MARK = re.compile(
    r"<\|[A-Za-z][\w.:-]{0,40}\|>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|</?s>|<(?:bos|eos"
    r"|unk|pad)>"
)
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")


def look(examples: Iterable[Example]) -> tuple[list[dict], list[str]]:
    """(warnings D047, notes D082) over all rows."""
    marks: Counter[str] = Counter()
    marked = unseen = 0
    where = {"mark": "", "unseen": ""}
    for example in examples:
        texts = [message.content for message in example.messages]
        texts += [text for text in (example.target, example.rejected, *example.also) if text]
        texts += [document.text for document in example.context]
        whole = "\n".join(texts)
        if found := set(_MARK.findall(whole)):
            marks.update(found)
            marked += 1
            where["mark"] = where["mark"] or example.source
        if _UNSEEN.search(whole):
            unseen += 1
            where["unseen"] = where["unseen"] or example.source
    warnings, notes = [], []
    if marked:
        names = ", ".join(
            f"'{mark}'"
            for mark, _ in sorted(marks.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        )
        text = (
            f"{rows(marked)} with marks of chat templates: {names} (kept as text); first:"
            f" {where['mark']}"
        )
        warnings.append({"code": "D047", "count": marked, "text": text})
    if unseen:
        told = (
            f"{rows(unseen)} with invisible characters or changed direction; first:"
            f" {where['unseen']}"
        )
        notes.append(f"D082 {told}")
    return warnings, notes
