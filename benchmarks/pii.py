"""How much personal data `anonymise` finds, beside presidio-analyzer on the same texts with the
same spaCy model.

    python benchmarks/pii.py [--rows N] [--data ../shared/data]

Two sets. presidio_pii: 1,500 made sentences with 2,863 marked spans; the rules were written with
its rows in view, but with no list of its generator. enron: 100 mails (54 ham, 46 spam; all in small
letters, cut into words) marked by hand in enron_marks.jsonl: persons, mail addresses, telephone
numbers, postal addresses. The marks name places in the mails, whose texts are not part of the
repository.

Found     a marked span counts as found when some replaced span touches it (`any`), when one of its
          own type does (`typed`), when one has its very ends (`exact`)
Right     a replaced span counts as right when it touches a marked one (`any`), or one of its own
          type (`typed`)

Writes benchmarks/out/pii.json. Time is the processor's, of this process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.core import store
from assay.data.pii.kinds import KINDS
from assay.data.pii.recognise import recognise
from assay.data.pii.tagger import SPACY, tagger
from assay.data.steps.anonymise import ahead

HERE = Path(__file__).parent
STRUCTURED = (
    "CREDIT_CARD",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "DOMAIN_NAME",
    "IBAN_CODE",
    "US_SSN",
    "IP_ADDRESS",
)
STRUCTURED += ("US_DRIVER_LICENSE", "ZIP_CODE")
# Type of the marks -> types of ours, and of presidio's, that say the same.
SAME = {
    "PERSON": ("PERSON",),
    "STREET_ADDRESS": ("ADDRESS", "POSTCODE", "LOCATION"),
    "ADDRESS": ("ADDRESS", "POSTCODE", "LOCATION"),
    "GPE": ("PLACE", "LOCATION"),
    "ORGANIZATION": ("ORGANISATION", "ORGANIZATION"),
    "CREDIT_CARD": ("CARD", "CREDIT_CARD"),
    "DATE_TIME": ("DATE", "BIRTH_DATE", "DATE_TIME"),
    "PHONE_NUMBER": ("PHONE", "PHONE_NUMBER"),
    "PHONE": ("PHONE", "PHONE_NUMBER"),
    "EMAIL_ADDRESS": ("EMAIL", "EMAIL_ADDRESS"),
    "EMAIL": ("EMAIL", "EMAIL_ADDRESS"),
    "ZIP_CODE": ("POSTCODE", "ADDRESS"),
    "DOMAIN_NAME": ("URL",),
    "IBAN_CODE": ("IBAN", "IBAN_CODE"),
    "US_SSN": ("SSN", "US_SSN"),
    "IP_ADDRESS": ("IP", "IP_ADDRESS"),
    "US_DRIVER_LICENSE": ("LICENCE", "US_DRIVER_LICENSE"),
    "NRP": ("NRP",),
}
Found = list[tuple[int, int, str]]
Row = tuple[str, Found]  # text, marked spans


def presidio_rows(data: Path) -> list[Row]:
    rows = json.loads((data / "presidio_pii" / "synth_dataset_v2.json").read_text())
    return [
        (
            r["full_text"],
            [(s["start_position"], s["end_position"], s["entity_type"]) for s in r["spans"]],
        )
        for r in rows
    ]


def enron_rows(data: Path) -> list[Row]:
    rows = []
    with tarfile.open(data / "enron1_sample" / "enron1_sample_400ham_300spam.tar") as tar:
        for mark in store.read_lines(HERE / "enron_marks.jsonl"):
            file = tar.extractfile(mark["file"])
            raw = file.read() if file else b""
            if hashlib.sha256(raw).hexdigest() != mark["sha256"]:
                raise SystemExit(f"{mark['file']}: another text than the marked one")
            rows.append((raw.decode(), [tuple(span) for span in mark["spans"]]))
    return rows


def ours() -> Callable[[Sequence[str]], list[Found]]:
    find, kinds = tagger("spacy"), frozenset(KINDS)

    def run(texts: Sequence[str]) -> list[Found]:
        out: list[Found] = []
        for at in range(0, len(texts), 64):
            batch = texts[at : at + 64]
            read = ahead(find, list(batch))
            out += [
                [(s.start, s.end, s.kind) for s in recognise([text], kinds, read)[0]]
                for text in batch
            ]
        return out

    return run


def presidio() -> Callable[[Sequence[str]], list[Found]]:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from tldextract import tldextract as extract

    # Its mail recogniser would fetch a list of domains; the one in the package will do.
    extract.TLD_EXTRACTOR = extract.TLDExtract(suffix_list_urls=())
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": SPACY}]}
    engine = AnalyzerEngine(
        nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(),
        supported_languages=["en"],
    )

    def run(texts: Sequence[str]) -> list[Found]:
        return [
            [(r.start, r.end, r.entity_type) for r in engine.analyze(text, language="en")]
            for text in texts
        ]

    return run


def score(rows: Sequence[Row], found: Sequence[Found]) -> dict[str, Any]:
    """Recall by marked type and precision by replaced type; counts, so that they can be added
    up."""
    recall: dict[str, Counter[str]] = defaultdict(Counter)
    precision: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, marks), spans in zip(rows, found, strict=True):
        for start, end, kind in marks:
            near = [s for s in spans if s[0] < end and s[1] > start]
            typed = any(s[2] in SAME.get(kind, ()) for s in near)
            exact = any(s[:2] == (start, end) for s in near)
            recall[kind].update(n=1, any=bool(near), typed=typed, exact=exact)
        for start, end, kind in spans:
            near = [m for m in marks if m[0] < end and m[1] > start]
            precision[kind].update(
                n=1, any=bool(near), typed=any(kind in SAME.get(m[2], ()) for m in near)
            )
    return {
        "recall": {k: dict(v) for k, v in recall.items()},
        "precision": {k: dict(v) for k, v in precision.items()},
    }


def share(counts: dict[str, int], what: str) -> str:
    return f"{100 * counts[what] / counts['n']:.1f}" if counts and counts["n"] else "-"


def pooled(recall: dict[str, dict[str, int]], kinds: Sequence[str]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for kind in kinds:
        total.update(recall.get(kind, {}))
    return dict(total) or {"n": 0}


def table(name: str, scores: dict[str, dict[str, Any]]) -> list[str]:
    """Both tools beside each other: recall any / typed / exact, then precision any / typed."""
    tools = list(scores)
    lines = [
        f"\n{name}",
        f"{'recall %, any / typed / exact':32}{'n':>6}" + "".join(f"{t:>24}" for t in tools),
    ]
    first = scores[tools[0]]["recall"]
    groups = [(kind, (kind,)) for kind in sorted(first, key=lambda k: -first[k]["n"])]
    if any(kind in first for kind in STRUCTURED):
        groups += [("all structured", STRUCTURED), ("  but postcodes", STRUCTURED[:-1])]
    for label, kinds in groups:
        cells = []
        for tool in tools:
            counts = pooled(scores[tool]["recall"], kinds)
            cells.append(" / ".join(share(counts, w) for w in ("any", "typed", "exact")))
        lines.append(
            f"{label:32}{pooled(first, kinds)['n']:6}" + "".join(f"{cell:>24}" for cell in cells)
        )
    for tool in tools:
        lines.append(f"precision % of {tool}, any / typed")
        for kind, counts in sorted(
            scores[tool]["precision"].items(), key=lambda item: -item[1]["n"]
        ):
            lines.append(
                f"  {kind:30}{counts['n']:6}{share(counts, 'any'):>16} / {share(counts, 'typed')}"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=10**9, help="of each set")
    given = parser.parse_args()
    result: dict[str, Any] = {}
    for name, rows in (
        ("presidio_pii", presidio_rows(given.data)),
        ("enron", enron_rows(given.data)),
    ):
        rows = rows[: given.rows]
        scores: dict[str, dict[str, Any]] = {}
        for tool, make in (("assay", ours), ("presidio", presidio)):
            run = make()
            run(["Anna was here."])
            begun = time.process_time()
            found = run([text for text, _ in rows])
            scores[tool] = {"seconds": time.process_time() - begun, **score(rows, found)}
        print("\n".join(table(name, scores)))
        print(
            *(
                f"{tool}: {len(rows) / s['seconds']:.0f} rows/s of processor time"
                for tool, s in scores.items()
            ),
            sep="\n",
        )
        result[name] = {"rows": len(rows), "marks": sum(len(m) for _, m in rows), "tools": scores}
    store.write_json(HERE / "out" / "pii.json", result)


if __name__ == "__main__":
    main()
