"""What a request may say. Names and meanings are OpenAI's; each field has a type, a range and a
cap.

Accepted     what the public clients send by themselves and what changes nothing here (`user`,
             `store`, `metadata`, ...)
Refused      what asks for something that is not done here (`tools`, penalties, several answers),
             and unknown names
Differs      `temperature` is 0 where it is left out: an arm answers as it did in its exam
Source       platform.openai.com/docs/api-reference
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

SCHEMA_BYTES, SCHEMA_DEPTH = 16 << 10, 8  # of a JSON schema in a request
PROMPTS = 64  # of one request for completions
TEXTS = 256  # of one request for embeddings
Whole = BeforeValidator(
    lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
)
Text = Annotated[str, Field(max_length=1_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Stop = Annotated[str, Field(min_length=1, max_length=200)]
Stops = Stop | Annotated[list[Stop], Field(max_length=4)] | None
Ids = Annotated[
    list[Annotated[int, Field(ge=0, lt=1 << 31), Whole]], Field(min_length=1, max_length=200_000)
]
Seed = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63), Whole]
Tokens = Annotated[int, Field(ge=1, le=1_000_000), Whole]
One = Annotated[int, Field(ge=1, le=1), Whole]
Zero = Annotated[float, Field(ge=0, le=0)]
Top = Annotated[int, Field(ge=0, le=20), Whole]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=16),
]
Label = Annotated[str, Field(max_length=512)]
Empty = Annotated[dict[str, float], Field(max_length=0)]


class StrictModel(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class TextPart(StrictModel):
    type: Literal["text"]
    text: Text


class ChatTurn(StrictModel):
    """One message. Fields of an answer that are empty may come back with it."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | Annotated[list[TextPart], Field(min_length=1, max_length=256)]
    name: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Changes nothing."
    )
    refusal: None = None
    audio: None = None
    function_call: None = None
    tool_calls: None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None

    @property
    def text(self) -> str:
        return (
            self.content
            if isinstance(self.content, str)
            else "".join(part.text for part in self.content)
        )


class JsonSchema(StrictModel):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: Annotated[str, Field(max_length=2000)] | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = Field(default=None, description="Answers always follow the schema.")

    @model_validator(mode="after")
    def _small(self) -> JsonSchema:
        if len(json.dumps(self.schema_)) > SCHEMA_BYTES:
            raise ValueError(f"the schema has more than {SCHEMA_BYTES:,} bytes")
        if _deep(self.schema_) > SCHEMA_DEPTH:
            raise ValueError(
                f"the schema has objects more than {SCHEMA_DEPTH} deep inside each other"
            )
        return self


def _deep(value: Any) -> int:
    """Objects inside each other; the lists between them do not count."""
    if isinstance(value, list):
        return max(map(_deep, value), default=0)
    return 1 + max(map(_deep, value.values()), default=0) if isinstance(value, dict) else 0


class PlainText(StrictModel):
    type: Literal["text"]


class AnyJson(StrictModel):
    type: Literal["json_object"]


class SchemaJson(StrictModel):
    type: Literal["json_schema"]
    json_schema: JsonSchema


Format = Annotated[PlainText | AnyJson | SchemaJson, Field(discriminator="type")]


class StreamOptions(StrictModel):
    include_usage: bool | None = None
    include_obfuscation: bool | None = Field(default=None, description="Changes nothing.")


class Writing(StrictModel):
    """What both ways of asking share."""

    model: Name
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="0 where left out."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Seed | None = None
    stop: Stops = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: One | None = None
    frequency_penalty: Zero | None = None
    presence_penalty: Zero | None = None
    logit_bias: Empty | None = None
    user: Label | None = Field(default=None, description="Changes nothing.")

    @model_validator(mode="after")
    def _streams(self) -> Writing:
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options is read with stream: true only")
        return self

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def counts(self) -> bool:
        """Whether a stream is to end with the counts of tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatRequest(Writing):
    messages: Annotated[list[ChatTurn], Field(min_length=1, max_length=512)]
    max_tokens: Tokens | None = Field(
        default=None, description="256 where left out; at most the model's context."
    )
    max_completion_tokens: Tokens | None = Field(
        default=None, description="The newer name of max_tokens."
    )
    logprobs: bool | None = None
    top_logprobs: Top | None = Field(default=None, description="With logprobs: true.")
    response_format: Format | None = None
    tools: None = Field(default=None, description="Not supported.")
    tool_choice: Literal["none"] | None = None
    functions: None = Field(default=None, description="Not supported.")
    function_call: Literal["none"] | None = None
    parallel_tool_calls: bool | None = Field(default=None, description="Changes nothing.")
    modalities: Annotated[list[Literal["text"]], Field(max_length=1)] | None = None
    audio: None = None
    prediction: None = None
    web_search_options: None = None
    moderation: None = None
    reasoning_effort: Literal["none"] | None = None
    verbosity: Literal["medium"] | None = None
    service_tier: Literal["auto", "default"] | None = Field(
        default=None, description="Changes nothing."
    )
    store: bool | None = Field(default=None, description="Changes nothing.")
    metadata: Metadata | None = Field(default=None, description="Changes nothing.")
    safety_identifier: Label | None = Field(default=None, description="Changes nothing.")
    prompt_cache_key: Label | None = Field(default=None, description="Changes nothing.")
    prompt_cache_retention: Label | None = Field(default=None, description="Changes nothing.")

    @model_validator(mode="after")
    def _fits(self) -> ChatRequest:
        if self.messages[-1].role != "user":
            raise ValueError("the last message must be the user's")
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs is read with logprobs: true only")
        if (
            None not in (self.max_tokens, self.max_completion_tokens)
            and self.max_tokens != self.max_completion_tokens
        ):
            raise ValueError(
                "max_tokens and max_completion_tokens are two names of one thing; give one of them"
            )
        return self


class CompletionRequest(Writing):
    prompt: (
        Annotated[str, Field(min_length=1, max_length=1_000_000)]
        | Annotated[
            list[Annotated[str, Field(min_length=1, max_length=1_000_000)]],
            Field(min_length=1, max_length=PROMPTS),
        ]
        | Ids
        | Annotated[list[Ids], Field(min_length=1, max_length=PROMPTS)]
    )
    max_tokens: Annotated[int, Field(ge=0, le=1_000_000), Whole] | None = Field(
        default=None, description="16 where left out; 0 with echo: true only."
    )
    echo: bool | None = None
    logprobs: Top | None = None
    best_of: One | None = None
    suffix: None = None

    @model_validator(mode="after")
    def _fits(self) -> CompletionRequest:
        if self.max_tokens == 0 and not self.echo:
            raise ValueError("max_tokens: 0 is for echo: true, which tells the prompt's own tokens")
        return self

    @property
    def prompts(self) -> list[str | tuple[int, ...]]:
        """One or several prompts, each a text or token ids."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        if isinstance(self.prompt[0], int):
            return [tuple(self.prompt)]
        return [one if isinstance(one, str) else tuple(one) for one in self.prompt]


class EmbeddingRequest(StrictModel):
    model: Name
    input: (
        Annotated[str, Field(min_length=1, max_length=1_000_000)]
        | Annotated[
            list[Annotated[str, Field(min_length=1, max_length=1_000_000)]],
            Field(min_length=1, max_length=TEXTS),
        ]
    ) = Field(description="Texts; token ids are not read, for they belong to another tokenizer.")
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=1_000_000), Whole] | None = Field(
        default=None, description="None, or as many as the encoder has."
    )
    user: Label | None = Field(default=None, description="Changes nothing.")


class FeedbackRequest(StrictModel):
    """What a person says of an answer."""

    id: Annotated[str, Field(pattern=r"^(chatcmpl|cmpl)-[0-9a-f]{32}(-[0-9]{1,2})?$")] = Field(
        description="Of the answer; of several prompts in one request,"
        " with -0, -1, ... for one of them."
    )
    rating: Literal["good", "bad"] | None = None
    correction: Annotated[str, Field(max_length=32_000)] | None = Field(
        default=None, description="What the answer should have been."
    )
    comment: Annotated[str, Field(max_length=4_000)] | None = None

    @model_validator(mode="after")
    def _says(self) -> FeedbackRequest:
        if self.rating is None and self.correction is None:
            raise ValueError("give a rating, a correction, or both")
        return self
