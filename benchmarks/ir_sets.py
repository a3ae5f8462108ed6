"""Retrieval sets as passages and questions, each with what is relevant: Cranfield's abstracts,
coffee.stackexchange's answers, and sets made of questions with their answers, abstracts or
paragraphs."""

import csv
import html
import json
import re
import tarfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from assay.core.types import Document, Example, Message


@dataclass(frozen=True)
class IrSet:
    name: str
    passages: list[Document]  # one a document: ids end with #1
    questions: list[Example]  # `found_in`: the documents that are relevant

    def relevant(self, question: Example) -> set[str]:
        """Ids of the passages that are relevant."""
        return {f"{name}#1" for name in question.found_in}


def cranfield(folder: Path) -> IrSet:
    """Title and text of each abstract. The query file numbers by an older list; the judgements
    count 1 to 225 in its order. A judgement above 0 counts as relevant; each query's one judgement
    of 0 does not, and one line has none."""
    # several roots, so no XML parser takes it
    whole = (folder / "cran.all.1400.xml").read_text(encoding="utf-8")

    def part(text: str, tag: str) -> str:
        found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        return " ".join(found[1].split()) if found else ""

    texts = {}
    for found in re.finditer(r"<doc>(.*?)</doc>", whole, re.S):
        texts[part(found[1], "docno")] = f"{part(found[1], 'title')} {part(found[1], 'text')}"
    asked = re.findall(
        r"<title>(.*?)</title>", (folder / "cran.qry.xml").read_text(encoding="utf-8"), re.S
    )
    judged: dict[int, list[str]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text(encoding="utf-8").split("\n"):
        cells = line.split()
        if len(cells) == 4 and int(cells[3]) > 0 and cells[2] in texts:
            judged.setdefault(int(cells[0]), []).append(cells[2])
    return _set(
        "cranfield", texts, [(" ".join(q.split()), judged[n]) for n, q in enumerate(asked, start=1)]
    )


def coffee(folder: Path) -> IrSet:
    """The title of each question that has an accepted answer, against the text of all answers."""
    rows = ElementTree.parse(folder / "Posts.xml").getroot()

    def text(row: ElementTree.Element) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row.get("Body", ""))).split())

    answers = {row.get("Id", ""): text(row) for row in rows if row.get("PostTypeId") == "2"}
    asked = [
        (row.get("Title", ""), [row.get("AcceptedAnswerId", "")])
        for row in rows
        if row.get("PostTypeId") == "1" and row.get("AcceptedAnswerId")
    ]
    return _set("coffee", answers, asked)


def covid(folder: Path) -> IrSet:
    """The English questions of a collection of FAQ pages against all answers."""
    with (folder / "faq_covidbert.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lang"] == "en"]
    return _answers("covid faq", [(row["question"], row["answer"]) for row in rows])


def medquad(archive: Path) -> IrSet:
    """The questions of health pages against all answers. Most are of one form: what is (are), what
    causes."""
    pairs = []
    with tarfile.open(archive) as tar:
        for name in sorted(name for name in tar.getnames() if name.endswith(".xml")):
            page = tar.extractfile(name)
            assert page is not None, "a file of the archive"
            text = page.read().decode("utf-8", "replace")
            pairs += re.findall(
                r"<Question[^>]*>(.*?)</Question>\s*<Answer>(.*?)</Answer>", text, re.S
            )
    return _answers(
        f"medquad {archive.stem[2:-3].lower()}", [(q, a) for q, a in pairs if a.strip()]
    )


def pubmedqa(folder: Path) -> IrSet:
    """The question of each abstract against all abstracts."""
    rows = json.loads((folder / "ori_pqal.json").read_text(encoding="utf-8")).values()
    return _answers("pubmedqa", [(row["QUESTION"], " ".join(row["CONTEXTS"])) for row in rows])


def xquad(folder: Path) -> IrSet:
    """The English questions on paragraphs of Wikipedia against all paragraphs."""
    data = json.loads((folder / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in data for paragraph in article["paragraphs"]]
    return _answers(
        "xquad", [(qa["question"], one["context"]) for one in paragraphs for qa in one["qas"]]
    )


def _answers(name: str, pairs: list[tuple[str, str]]) -> IrSet:
    """Questions, each with the one text that is relevant; equal texts are one."""
    whole = [" ".join(text.split()) for _, text in pairs]
    numbers = {text: str(number) for number, text in enumerate(dict.fromkeys(whole))}
    asked = [
        (" ".join(question.split()), [numbers[text]])
        for (question, _), text in zip(pairs, whole, strict=True)
    ]
    return _set(name, {number: text for text, number in numbers.items()}, asked)


def _set(name: str, texts: dict[str, str], asked: list[tuple[str, list[str]]]) -> IrSet:
    passages = [Document(f"{one}#1", text) for one, text in texts.items()]
    questions = [
        Example(f"{name}-{n}", (Message("user", text),), found_in=tuple(relevant))
        for n, (text, relevant) in enumerate(asked, start=1)
    ]
    return IrSet(name, passages, questions)
