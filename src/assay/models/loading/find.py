"""From the name that a project gives a model to a folder that is safe to load.

A name is, in this order  a catalogue name; a path (a folder or a .gguf file, from the project's
                          folder); a repository on the hub, `org/name` or `org/name@revision`.
What it promises          The digest covers all that decides the answers: weights, config,
                          tokenizer, template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import ModelError, Problem, did_you_mean
from assay.core.types import Tell
from assay.models.loading.catalogue import CATALOGUE, CatalogueEntry, Kind, entry_of
from assay.models.loading.fetch import fetch
from assay.models.loading.folder_validation import TEMPLATE, admit
from assay.models.loading.hub import HUB_NAME, snapshot
from assay.models.loading.model_cache import cache_folder, file_sha256
from assay.models.packages import need
from assay.models.quantisation.gguf import check, dequantise, find_dequantised
from assay.models.tokenizer.plain_template import PLAIN, SAID

_LENGTHS = (
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
)
_NO_LIMIT = 1 << 30  # tokenizers without one say 10^30
# tokens of prompt and answer where neither config nor tokenizer says how many it reads
UNSAID = 8192
# Other names of the same numbers: a model keeps its digest when only these differ.
_NOT_IN_DIGEST = ("transformers_version", "_name_or_path")


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that may be loaded. `context_length` is in tokens, 0 when the model does not say."""

    folder: Path
    name: str  # as the project gives it
    digest: str  # sha256
    note: str  # what every report must say about this model, or ""
    licence: str  # "" when unknown
    context_length: int

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "LocalModel":
        """What was written of it, its folder as text."""
        fields: dict[str, Any] = {**row, "folder": Path(row["folder"])}
        return cls(**fields)


def find(
    name: str,
    *,
    base: Path = Path(),
    offline: bool = False,
    tell: Tell = lambda event: None,
    kind: Kind = "causal",
) -> LocalModel:
    """Bring the model here if need be, judge it, and say what it is. torch is not imported.

    Args:
        base: the folder that relative paths start from.
        offline: never use the network.
        tell: gets events "download" (bytes) and "activity".
        kind: what the model is wanted for: to answer ("causal") or as "embedder".

    Raises:
        ModelError: M086 to M094, M096, M097 the model is refused; M098 no such model; M099 it
            cannot be fetched.
        ResourceError: R004 not on this machine and the network must not or cannot be used; R007
            the packages that compute models are not installed.
    """
    need([name])
    if (entry := entry_of(name)) is not None:
        return _from_catalogue(entry, offline, tell, kind)
    path = base / Path(name).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return _from_gguf(path, name, tell, kind)
    if path.is_dir():
        quantised = sorted(path.glob("*.gguf"))
        if len(quantised) == 1 and not (path / "config.json").exists():
            return _from_gguf(quantised[0], name, tell, kind)
        return _local_model(
            admit_scanned(path, kind), name, kind, note="", licence=_card_licence(path)
        )
    if not HUB_NAME.fullmatch(name) or name.startswith((".", "/", "~")):
        raise ModelError(_unknown(name, path))
    folder, revision = snapshot(name, offline=offline, tell=tell)
    return _local_model(
        admit_scanned(folder, kind),
        name,
        kind,
        note=f"hub revision {revision[:12]}",
        licence=_card_licence(folder),
    )


def admit_scanned(folder: Path, kind: Kind) -> Path:
    """`admit`, with the scan of all values the first time that these weights are seen."""
    admitted = admit(folder, kind=kind)
    mark = folder_mark(admitted)
    if not mark.exists():
        admitted = admit(folder, kind=kind, scan=True)
        store.write_json(mark, {"folder": str(folder.resolve())})
    return admitted


def folder_mark(admitted: Path) -> Path:
    """Where it is noted that the weights of an admitted folder passed `value_problems`."""
    weights = {path.name: file_sha256(path) for path in sorted(admitted.glob("*.safetensors"))}
    return cache_folder() / "values" / f"{store.digest(weights)[:32]}.json"


def _from_catalogue(entry: CatalogueEntry, offline: bool, tell: Tell, kind: Kind) -> LocalModel:
    if entry.kind != kind:
        use = (
            "an embedder, it does not write text"
            if entry.kind == "embedder"
            else "a language model, not an embedder"
        )
        others = ", ".join(other.name for other in CATALOGUE if other.kind == kind)
        raise ModelError(
            Problem("M096", f"{entry.name} is {use}", help=f"in the catalogue: {others}")
        )
    if not entry.gguf:
        folder = fetch(entry, offline=offline, tell=tell)
    else:
        pinned = entry.members[0].sha256
        ready = find_dequantised(entry.name, pinned)
        folder = ready or _fetch_and_dequantise(entry, offline, tell)
    return _local_model(
        admit(folder, kind=kind), entry.name, kind, note=entry.note, licence=entry.licence
    )


def _fetch_and_dequantise(entry: CatalogueEntry, offline: bool, tell: Tell) -> Path:
    source = fetch(entry, offline=offline, tell=tell) / entry.gguf
    folder = dequantise(source, entry.name, tell=tell)
    if source.is_relative_to(folder.parent.parent):
        # Unpacked by us, and all that it holds is in the folder now: 98 MB that nobody reads again.
        source.unlink(missing_ok=True)
    return folder


def _from_gguf(path: Path, name: str, tell: Tell, kind: Kind) -> LocalModel:
    facts = check(path).facts
    if kind == "embedder":
        raise ModelError(
            Problem(
                "M096", "a GGUF file is read as a language model, not as an embedder", str(path)
            )
        )
    slug = re.sub(r"[^a-z0-9]+", "-", path.stem.casefold()).strip("-")[:40] or "model"
    folder = dequantise(path, slug, tell=tell)
    licence = facts.get("general.license", "")
    note = "dequantised from a GGUF file"
    return _local_model(
        admit_scanned(folder, kind),
        name,
        kind,
        note=note,
        licence=licence if isinstance(licence, str) else "",
    )


def _local_model(folder: Path, name: str, kind: Kind, *, note: str, licence: str) -> LocalModel:
    template = folder / TEMPLATE
    plain = template.is_file() and template.read_text(encoding="utf-8", errors="replace") == PLAIN
    note = "; ".join(text for text in (note, SAID if plain and kind == "causal" else "") if text)
    return LocalModel(folder, name, digest_of(folder), note, licence, context_length(folder, kind))


def digest_of(folder: Path) -> str:
    """sha256 over the admitted folder's files. File hashes are remembered, so a second call takes
    milliseconds."""
    parts: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or name == "done.json":
            continue
        if name == "config.json":
            config = store.read_json(path)
            parts[name] = {key: value for key, value in config.items() if key not in _NOT_IN_DIGEST}
        else:
            parts[name] = file_sha256(path)
    return store.digest(parts)


def context_length(folder: Path, kind: Kind = "causal") -> int:
    """Tokens that the model in a folder reads at once, 0 where neither its config nor its tokenizer
    says.

    What the config says holds, before the tokenizer (as in lm-eval's hf backend); a rotary
    embedding that YaRN stretches reads so many times what it was trained for; a sliding window is
    no limit.
    """
    config = store.read_json(folder / "config.json")
    if kind == "embedder" and (folder / "sentence_bert_config.json").exists():
        config = {
            "n_ctx": store.read_json(folder / "sentence_bert_config.json").get("max_seq_length")
        }
    inner = config.get("text_config")
    for source in (config, inner if isinstance(inner, dict) else {}):
        for key in _LENGTHS:
            if isinstance(source.get(key), int) and source[key] > 0:
                return max(source[key], _yarn_length(source))
    tokens = folder / "tokenizer_config.json"
    most = (
        store.read_json(tokens).get("model_max_length")
        if kind == "causal" and tokens.exists()
        else 0
    )
    return int(most) if isinstance(most, int | float) and 0 < most < _NO_LIMIT else 0


def _yarn_length(config: Mapping[str, Any]) -> int:
    """As far as YaRN stretches what the model was trained for; 0 without."""
    rope = config.get("rope_scaling") or config.get("rope_parameters")
    if not isinstance(rope, dict) or rope.get("rope_type", rope.get("type")) != "yarn":
        return 0
    first, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
    return int(first * factor) if isinstance(first, int) and isinstance(factor, int | float) else 0


def nominal_length(name: str, base: Path) -> int:
    """Tokens that a model reads at once, as far as its name or its folder on this machine says; 0:
    not known. Nothing is fetched or judged."""
    if (entry := entry_of(name)) is not None:
        return entry.context_length
    folder = base / Path(name).expanduser()
    try:
        return context_length(folder) if (folder / "config.json").is_file() else 0
    except (OSError, ValueError, AttributeError):
        return 0  # what is wrong with it is said when it is opened


def _card_licence(folder: Path) -> str:
    """The `license:` of the model card's front matter."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    with card.open("rb") as file:
        text = file.read(8192).decode("utf-8", "replace")
    match = (
        re.search(r"^license:\s*['\"]?([\w.+-]{1,60})", text, re.MULTILINE)
        if text.startswith("---")
        else None
    )
    return match[1] if match else ""


def _unknown(name: str, path: Path) -> Problem:
    names = [entry.name for entry in CATALOGUE]
    if path.exists():
        text, hint = f"{name!r} is neither a model folder nor a .gguf file", ""
    elif name.endswith(".gguf") or "/" in name or name.startswith((".", "~")):
        text, hint = f"there is no model folder or file {name!r}", _beside(path)
    else:
        text, hint = f"there is no model {name!r}", did_you_mean(name, names)
    return Problem(
        "M098",
        text + hint,
        help=f"in the catalogue: {', '.join(names)}; or a folder, a .gguf, or org/name",
    )


def _beside(path: Path) -> str:
    there = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, there)
