"""What is checked before a request is queued: that its arm can answer it, and that it fits.

Threads  Requests come on any thread. A tokenizer's settings change with what it is asked, so this
         side has a copy of its own, and one lock.
Text     A completion's text is plain text: marks such as `<|im_start|>` in it become no control
         tokens. Token ids are taken as they are.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import Any

from assay.core.errors import ModelError, Problem
from assay.deployment.server.arms import ServedArm
from assay.deployment.server.engine_api import Wanted
from assay.models.tokenizer.chat_tokens import Chat
from assay.tasks import output_forms

NEVER_CUT = 1 << 40  # tokens
# of one token at most, about: what is longer than so many a token is not tokenised to be refused
LETTERS = 64


class Front:
    """Tokenises requests for the arms of one engine."""

    def __init__(self, arms: Sequence[ServedArm]):
        self._lock = threading.Lock()
        self._chats: dict[int, Chat] = {}  # by tokenizer
        for arm in arms:
            if arm.model and id(arm.model.chat.tokenizer) not in self._chats:
                own: Any = copy.deepcopy(arm.model.chat.tokenizer)
                self._chats[id(arm.model.chat.tokenizer)] = Chat(own, NEVER_CUT)

    def prompt(self, arm: ServedArm, wanted: Wanted) -> list[int]:
        """The tokens of a request that is sent as it is: a completion, or a conversation with the
        base. Of an arm that makes its own prompt, those of the conversation alone; none where no
        model reads them.

        Raises:
            ModelError: M120 it is too long, M121 the arm cannot answer it, M122 tokens that the
                model has not, M056 to M059 its form cannot be used.
        """
        _refuse(arm, wanted)
        if wanted.how.form is not None:
            output_forms.grammar(wanted.how.form)
        if arm.model is None:
            return []
        chat, most = self._chats[id(arm.model.chat.tokenizer)], arm.model.chat.max_length
        letters = (
            len(wanted.text)
            if isinstance(wanted.text, str)
            else sum(len(m.content) for m in wanted.messages)
        )
        if letters > LETTERS * most:
            _too_long(f"a prompt of {letters:,} characters", arm, most)
        if isinstance(wanted.text, tuple):
            ids = list(wanted.text)
            _check_token_ids(ids, arm)
        else:
            with self._lock:
                ids = _tokens(arm, chat, wanted)
        if not ids and wanted.text is not None:
            raise ModelError(
                Problem("M121", "the prompt has no tokens", arm.name, "send some text")
            )
        answer = wanted.max_tokens if arm.writes or wanted.text is not None else 0
        if len(ids) + answer > most:
            _too_long(
                f"a prompt of {len(ids):,} tokens and an answer of up to {answer:,}", arm, most
            )
        return ids


def _tokens(arm: ServedArm, chat: Chat, wanted: Wanted) -> list[int]:
    if isinstance(wanted.text, str):
        return _encode_text(chat, wanted.text)
    if arm.adapted is None:
        return chat.prompt(wanted.messages)[0]
    return [
        token for message in wanted.messages for token in chat.text_ids(message.content.strip())
    ]


def _encode_text(chat: Chat, text: str) -> list[int]:
    """Plain text, after the token that the tokenizer begins texts with, if it does; of no text that
    token, or the end of one."""
    tokenizer = chat.tokenizer
    first = tokenizer("a", add_special_tokens=True)["input_ids"][:1]
    begin = first if first == [tokenizer.bos_token_id] else []
    return [*begin, *chat.text_ids(text)] or [tokenizer.eos_token_id]


def _refuse(arm: ServedArm, wanted: Wanted) -> None:
    if wanted.text is not None:
        if arm.model is None:
            _unfit(arm, "has no language model, so it completes no text", "ask it by messages")
        return
    if not wanted.messages or wanted.messages[-1].role != "user":
        _unfit(
            arm,
            "is asked by a conversation whose last turn is the user's",
            "put a user's turn last",
        )
    if wanted.echo:
        _unfit(arm, "echoes no conversation", "ask for a completion")
    if not arm.writes and wanted.how.form is not None:
        _unfit(arm, "chooses its answers, so that no form can be asked for", "leave the form out")


def _check_token_ids(ids: Sequence[int], arm: ServedArm) -> None:
    assert arm.model is not None
    width = arm.model.network.get_input_embeddings().weight.shape[0]
    if any(not 0 <= token < width for token in ids):
        text = f"token ids go from 0 to {width - 1:,}"
        raise ModelError(
            Problem("M122", text, arm.name, "tokenise the prompt with this model's tokenizer")
        )


def _unfit(arm: ServedArm, text: str, way: str) -> None:
    raise ModelError(Problem("M121", f"{arm.name} {text}", arm.name, way))


def _too_long(what: str, arm: ServedArm, most: int) -> None:
    text = f"{what} are more than {arm.name} reads: {most:,} tokens, prompt and answer"
    raise ModelError(
        Problem("M120", text, arm.name, "send a shorter prompt, or ask for fewer tokens")
    )
