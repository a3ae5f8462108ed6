"""A GGUF file as a language model, asked in llama.cpp: what was exported is asked as its user
would.

How         prompts are made by the file's own template and tokenizer, both run by llama.cpp, and
            sent as token ids, so that no second token of the beginning is put before them. What
            stands in a message never becomes a control token
Costs       a server is started on first use, with room for the longest prompt; a longer one starts
            it anew
Watch out   a mark that the file does not call a control token, such as `<think>`, is one token in a
            message, too
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from assay.core.errors import ModelError, Problem
from assay.core.types import GREEDY, Decoding, Form, Generated, Messages, Tell
from assay.deployment.export.formats.llama_server import LlamaServer
from assay.models.environment import threads as all_threads
from assay.models.loading.find import UNSAID
from assay.models.tokenizer.chat_tokens import Chat

SLOTS = 4  # rows at work at once
STEP = 256  # tokens that llama.cpp keeps together: a slot's room is a multiple
CONTROL = 3  # of a token, in GGUF
BETWEEN = -1  # no token: stands between the tokens of two texts


@dataclass(frozen=True, slots=True)
class Control:
    """A control token, as `Chat` looks at it."""

    content: str
    special: bool = True

    def __str__(self) -> str:
        return self.content


class LlamaTokens:
    """The file's tokenizer and template, run by llama.cpp, with as much of transformers' face as
    `Chat` asks for."""

    def __init__(self, model: LlamaModel, facts: dict[str, Any]):
        self._model = model
        self.chat_template = facts["template"]
        self.added_tokens_decoder = {
            number: Control(text) for number, text in facts["control"].items()
        }
        self.eos_token_id = facts["eos"]

    def __call__(
        self, text: str, *, add_special_tokens: bool, split_special_tokens: bool = False
    ) -> dict[str, Any]:
        body = {
            "content": text,
            "add_special": add_special_tokens,
            "parse_special": not split_special_tokens,
        }
        return {"input_ids": self._model.server().ask("/tokenize", body)["tokens"] if text else []}

    def apply_chat_template(
        self, messages: list[dict], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        body = {"messages": messages, "add_generation_prompt": add_generation_prompt}
        server = self._model.server()  # a file that does not open is no fault of its template
        try:
            return server.ask("/apply-template", body)["prompt"]
        except ModelError as error:
            raise TemplateError(str(error)) from error


class LlamaModel:
    """Implements `core.types.LanguageModel` on a GGUF file; a label is written, not scored.

    Args:
        slots: rows at work at once. threads: of the processor; 0: all.
    """

    can_score = False

    def __init__(self, file: Path, *, slots: int = SLOTS, threads: int = 0):
        facts = read_facts(file)
        self.name, self.file = file.stem, file
        self._slots, self._threads = slots, threads or all_threads()
        self._server: LlamaServer | None = None
        self._room = 2 * STEP
        self.chat = Chat(LlamaTokens(self, facts), max_length=facts["context"] or UNSAID)

    def server(self, room: int = 0) -> LlamaServer:
        """The running server, with `room` tokens in each slot."""
        need = -(-room // STEP) * STEP
        if self._server is None or need > self._room:
            self.close()
            self._room = max(self._room, need)
            self._server = LlamaServer(
                self.file, room=self._room, slots=self._slots, threads=self._threads
            )
        return self._server

    def close(self) -> None:
        """End the server. It is started anew when it is needed."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def count_tokens(self, messages: Messages) -> int:
        return len(self.chat.prompt(messages)[0])

    def text_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """`chat.text_ids` of each text, by one request for all."""
        content = [part for text in texts for part in (text, BETWEEN)]
        body = {"content": content, "add_special": False, "parse_special": False}
        found: list[list[int]] = [[]]
        for token in self.server().ask("/tokenize", body)["tokens"]:
            if token == BETWEEN:
                found.append([])
            else:
                found[-1].append(token)
        return found[:-1]

    def score(self, prompts: Sequence[Messages], options: Sequence[str], **rest: Any) -> Any:
        raise RuntimeError("llama.cpp's server gives no likelihoods of texts: look at can_score")

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`; `logprob` stays None.

        Raises:
            ModelError: M135, llama.cpp has stopped; M136, it cannot hold this form.
        """
        form, how = _form(how.form), self._ending(how)
        rows = [self.chat.prompt(messages, room=max_tokens)[0] for messages in prompts]
        server = self.server(max(map(len, rows), default=0) + max_tokens)
        found: dict[int, Generated] = {}
        with ThreadPoolExecutor(self._slots) as pool:
            bodies = [_body(row, max_tokens, how, i) | form for i, row in enumerate(rows)]
            waiting = {
                pool.submit(server.ask, "/completion", body): i for i, body in enumerate(bodies)
            }
            try:
                for done in as_completed(waiting):
                    found[waiting[done]] = _to_generated(done.result(), how)
                    if tell:
                        tell(
                            {
                                "event": "progress",
                                "done": len(found),
                                "total": len(rows),
                                "unit": "answer",
                            }
                        )
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [found[i] for i in range(len(rows))]

    def _ending(self, how: Decoding) -> Decoding:
        return replace(how, stop=(*how.stop, *self.chat.stops))

    def stream(self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY) -> Iterator[str]:
        """The answer piece by piece, each of whole characters."""
        row, how = self.chat.prompt(prompt, room=max_tokens)[0], self._ending(how)
        body = _body(row, max_tokens, how, 0) | _form(how.form)
        for event in self.server(len(row) + max_tokens).lines("/completion", body):
            if event.get("content"):
                yield event["content"]


def read_facts(file: Path) -> dict[str, Any]:
    """What `LlamaModel` needs of the file's header: template, context, control tokens and the token
    of the end.

    Raises:
        ModelError: M097, it is no whole GGUF file.
    """
    import gguf

    from assay.models.quantisation.gguf import check

    header = check(file)
    fields = gguf.GGUFReader(file).fields
    kinds = fields["tokenizer.ggml.token_type"].contents()
    tokens = fields["tokenizer.ggml.tokens"]
    control = {i: str(tokens.contents(i)) for i, kind in enumerate(kinds) if kind == CONTROL}
    return {
        "template": str(header.facts.get("tokenizer.chat_template", "")),
        "context": int(header.facts.get(f"{header.architecture}.context_length", 0)),
        "control": control,
        "eos": header.facts.get("tokenizer.ggml.eos_token_id"),
    }


def _body(ids: Sequence[int], max_tokens: int, how: Decoding, number: int) -> dict[str, Any]:
    drawn = {"samplers": ["top_p", "temperature"], "top_p": how.top_p, "seed": how.seed + number}
    return {
        "prompt": list(ids),
        "n_predict": max_tokens,
        "temperature": how.temperature,
        "stop": [text for text in how.stop if text],
        "cache_prompt": True,
        **(drawn if how.temperature > 0 else {"samplers": ["top_k"], "top_k": 1}),
    }


def _form(form: Form | None) -> dict[str, Any]:
    """llama.cpp's own way of holding an answer to a form."""
    if form is None:
        return {}
    if form.kind == "choice":
        return {
            "grammar": "root ::= "
            + " | ".join(json.dumps(text, ensure_ascii=False) for text in json.loads(form.text))
        }
    if form.kind == "json":
        return {"json_schema": json.loads(form.text)}
    text = f"llama.cpp holds answers to a choice or a JSON schema here, not to a {form.kind}"
    raise ModelError(Problem("M136", text, help="ask the strategy itself, or take that form off"))


def _to_generated(said: dict[str, Any], how: Decoding) -> Generated:
    text = said["content"]
    text = text[
        : min((at for stop in how.stop if stop and (at := text.find(stop)) >= 0), default=len(text))
    ]
    return Generated(
        text.strip() if how.form is None else text,
        said["tokens_evaluated"],
        said["tokens_predicted"],
        truncated=said["stop_type"] == "limit",
    )
