"""The section `serve` of the project file: what `assay serve` does unless it is told otherwise."""

from typing import Literal

from pydantic import Field

from assay.core.types import Settings

# among names of arms: the project's base model, with its chat template and nothing else
BASE = "base"


class Serve(Settings):
    """Keys of clients are none of it: they come from the environment or a file of their own."""

    arms: tuple[str, ...] = ()  # or base; the recommended arm and the base when left out
    host: str = "127.0.0.1"  # another than this machine needs a key
    port: int = Field(default=8000, ge=0, le=65535)  # 0: any that is free
    names: tuple[str, ...] = ()  # further names that the server is called by, in the header Host
    engine: Literal["own", "llama.cpp", "vllm"] = "own"
    # by arm: for llama.cpp a GGUF file, for vllm the folder of a merged model
    weights: dict[str, str] = {}
    log: str = ""  # a file for questions and answers; personal data may be in them
    # requests a minute of one key, or of one address; 0: any number
    rate: float = Field(default=0.0, ge=0)
    seconds: float = Field(default=600.0, ge=1, le=86400)  # that an answer may take
    # seconds for running answers, when it is stopped
    grace: float = Field(default=30.0, ge=0, le=3600)
