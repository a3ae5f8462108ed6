"""From a data file to a project: `assay run tickets.csv` makes `./tickets/project.yaml`, every guess commented.

What it is for   the first run needs no settings, and hides none: what was guessed stands in the file with its reason
Watch out        a project that exists is used as it is; the guesses are not made again
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assay.aim.kinds import kind_of
from assay.config.portfolio import Size, portfolio
from assay.config.yamlfile import flow, quoted, read
from assay.curate.reading.gathered import holds_data, with_partners
from assay.curate.reading.named import hub_set, named
from assay.errors import DataError, Problem, UsageError, nearest
from assay.nouns import Example, Task, Tell
from assay.places import PROJECT
from assay.sets import bring, silent
from assay.store import write_text
from assay.terminal.display import plain

TRAINED_ROWS = 600  # training rows of the first comparison: minutes, not hours, on a laptop's processor
TRAINED_TOKENS = 45_000  # in one pass over them: two minutes at 400 tokens a second
LONG_ANSWER = 10  # words
ANSWER_ROWS = 1000  # rows of the first comparison of written answers: 600 to train on, 300 to test
LABELLED = ("classify", "multilabel")  # kinds whose labels are those of the data
CHOSEN = (*LABELLED, "choose")  # kinds whose first comparison may take all rows: little is written


def begin(target: Path, *, offline: bool = False, tell: Tell = silent) -> Path:
    """The project file that `target` stands for: a project file, a folder with one, or data.

    Data are a file, perhaps with a sheet or rows behind its name, or a data set of the hub; the folder `./<stem>/`
    gets a project file unless it has one.

    Raises:
        DataError: D001 there is no such file; D002 a folder without a project file; what `curate.load` finds.
        UsageError: C087 the folder's project is about another file.
    """
    if target.is_dir():
        if (target / PROJECT).is_file():
            return target / PROJECT
        if not holds_data(target):
            raise DataError(_no_project(target))
    hub = hub_set(target)
    data = named(target).path
    if hub is not None:
        folder = Path(folder_name(hub[0].name.rpartition("/")[2]))
        if not (folder / PROJECT).exists():
            (local,) = bring({"data": [target]}, offline=offline, tell=tell)["data"]
            write_text(folder / PROJECT, project_text(local, folder, hub_name(target)))
        return folder / PROJECT
    if not data.exists():
        near = nearest(target.name, [path.name for path in _visible(target.parent)])
        hint = f"{target.parent / near} is there" if near else "name a data file, or a folder with a project.yaml"
        raise DataError(Problem("D001", "no such file", str(target), help=hint))
    if target.suffix.lower() in (".yaml", ".yml") and not target.is_dir():
        return target
    target = with_partners(target)
    data = named(target).path
    folder = Path(folder_name(data.resolve().name))
    if folder.is_file() or folder.resolve() == data.resolve():  # data without an ending, or in a folder
        folder = Path(f"{folder}-project")
    project = folder / PROJECT
    if project.exists():
        _same_data(project, data)
    else:
        write_text(project, project_text(target, folder))
    return project


def _same_data(project: Path, data: Path) -> None:
    """The project that is there is about this file, not about another one of the same name."""
    files: Any = read(project.read_text(encoding="utf-8-sig", errors="replace")).value
    for key in ("data", "files"):
        files = files.get(key) if isinstance(files, dict) else None
    paths = [
        path
        for value in (files.values() if isinstance(files, dict) else ())
        for path in ([value] if isinstance(value, str) else value or [])
    ]
    there = [os.path.realpath(named(project.parent / f"{path}").path) for path in paths]
    if there and os.path.realpath(data) not in there:
        raise UsageError(
            Problem(
                "C087",
                f"{project} is there and reads {paths[0]}",
                str(data),
                help=f"assay run {project.parent} runs that project; rename the data file for a project of its own",
            )
        )


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else []


def _no_project(folder: Path) -> Problem:
    names = [path.name + "/" * path.is_dir() for path in _visible(folder)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    holds = f"it holds {', '.join(names[:5])}{more}" if names else "it is empty"
    return Problem("D002", f"has no project.yaml; {holds}", str(folder), help="name a data file: assay run tickets.csv")


def folder_name(name: str) -> str:
    """`Support Tickets (1).csv.gz` -> `support-tickets-1`."""
    suffixes = r"(\.(csv|tsv|tab|jsonl?|ndjson|parquet|arrow|xlsx|xlsm|txt|xml|conll|gz|bz2|xz|zst|tgz|tar|zip))+\Z"
    stem = re.sub(suffixes, "", name, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "project"


def project_text(data: Path, folder: Path, path: str = "") -> str:
    """The project file for one data file, as text; paths are relative to `folder`.

    Args:
        path: what the file names as its data, where that is not `data`.

    Raises:
        DataError: what `curate.load` finds wrong with the file.
    """
    from assay.curate.reading.load import load

    loaded = load({"data": [data.absolute()]}, base=Path.cwd())
    return "".join(f"{line}\n" for line in _lines(loaded, path or _path(data, folder), folder))


def hub_name(target: Path) -> str:
    """A hub data set as it is written; a `Path` has lost a slash."""
    return re.sub(r"\Ahf:/+", "hf://", str(target))


def _lines(loaded: Any, path: str, folder: Path) -> Iterator[str]:
    from assay.curate.reading.load import labels_of

    examples = loaded.train
    official = bool(loaded.val or loaded.test)
    labels = Counter(label for example in examples for label in labels_of([example], loaded.kind))
    labels = labels if loaded.kind in LABELLED else Counter()
    name = path.rpartition("/")[2]
    yield f"# Made by `assay run {name}` from {len(examples):,} rows. Change what is wrong, then run it again:"
    yield f"#   assay run {folder.name}"
    yield "# What was guessed, and why:"
    for sentence in loaded.guessed:
        yield f"#   {' '.join(plain(sentence).split())}"
    yield "version: 1"
    yield f"name: {quoted(folder.name)}"
    yield "seed: 0"
    yield ""
    yield "aim:"
    yield f"  kind: {loaded.kind}  # {kind_of(Task(kind=loaded.kind)).about}"
    if loaded.kind == "answer" and long_answers(examples):
        yield "  metric: token_f1  # the answers are long: hardly two would match word for word"
    if loaded.slices:
        yield f"  slices: {flow(list(loaded.slices))}  # results are also shown by these fields"
    if loaded.kind in LABELLED:
        yield f"  # {len(labels)} labels, taken from the data; the most frequent: {_most(labels)}"
    yield ""
    yield "data:"
    if loaded.kind not in CHOSEN and len(examples) > ANSWER_ROWS and "#" not in path and not official:
        yield f"  # the first {ANSWER_ROWS:,} rows, so that the first run is short; remove #{ANSWER_ROWS} to use all"
        path += f"#{ANSWER_ROWS}"
    yield f"  files: {{data: {quoted(path)}}}"
    yield f"  columns: {flow(dict(loaded.columns))}"
    yield ""
    yield from _curation(loaded, labels)
    yield "compare:"
    for arm, why in portfolio(loaded.kind, _size(loaded, labels)):
        yield f"  - {flow(arm)}" + (f"  # {why}" if why else "")


def _path(data: Path, folder: Path) -> str:
    """The data as seen from the project: relative while it is near, so that both can be moved together."""
    path = Path(os.path.relpath(data, folder)).as_posix()
    return str(data.absolute()) if path.startswith("../../../") else path


def _most(labels: Counter[str]) -> str:
    return ", ".join(f"{flow(' '.join(label.split())[:40])} ({count:,})" for label, count in labels.most_common(3))


def _curation(loaded: Any, labels: Counter[str]) -> Iterator[str]:
    yield "curate:"
    yield "  - {kind: repair}  # encoding, white space"
    yield "  - {kind: length}  # drops empty and very long rows"
    yield "  - {kind: dedupe}  # the same text twice"
    yield ""
    yield "split:"
    if loaded.group:
        yield f"  group: {quoted(loaded.group)}  # rows with one value of it stay in one split"
    yield "  leaks: repair  # near-copies of test rows leave train; stop: the run ends instead"
    if loaded.kind not in CHOSEN and len(loaded.train) > ANSWER_ROWS:
        yield "  train: 0.6"
        yield "  val: 0.1"
        yield "  test: 0.3"
    yield ""


def long_answers(examples: Sequence[Example]) -> bool:
    """Whether the answer in the middle has more words than an exact match can be hoped for."""
    lengths = sorted(len((e.target or "").split()) for e in examples)
    return bool(lengths) and lengths[len(lengths) // 2] > LONG_ANSWER


def _size(loaded: Any, labels: Counter[str]) -> Size:
    rows, most = round(0.8 * len(loaded.train)), rows_to_train(loaded.train)
    return Size(
        rows,
        len(labels),
        most if loaded.kind in CHOSEN and rows > most else None,
        found=_in_their_passages(loaded.train),
        worked_out=any("####" in (example.target or "") for example in loaded.train),
    )


def _in_their_passages(examples: Sequence[Example]) -> bool:
    """Whether the answers of most rows stand in their passages, word for word."""
    stand = sum(any(e.target in one.text for one in e.context) for e in examples if e.target)
    return 2 * stand > len(examples)


def rows_to_train(examples: Sequence[Example]) -> int:
    """How many rows a first training may take: fewer when they are long. About four characters are a token, and a
    template adds about forty tokens to a row."""
    letters = sum(len(e.text) + sum(len(d.text) for d in e.context) for e in examples)
    return min(TRAINED_ROWS, int(TRAINED_TOKENS / (letters / max(1, len(examples)) / 4 + 40)))
