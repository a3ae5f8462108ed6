"""Renders a chat template for `template_rendering.py`, in a process of its own that knows jinja2
and nothing of this package.

It is run as a file, by a Python without site packages, so that it stands in a tenth of a second.
Job on stdin, JSON: `paths` to import jinja2 from, `template`, `seconds` of the processor, `memory`
in bytes. On stdout, JSON: "" or what it is refused for. A process that is ended by a limit says
nothing, and is judged by that.
"""

import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

# As many messages as a prompt with examples, a long conversation, and one that no window holds.
COUNTS = (*range(1, 49), 64, 100, 128, 200, 256, 400, 512, 1000)
LONG = ((1, 1 << 20), (40, 1 << 14))  # (messages, characters of each)
MARK = "\ue000"  # what stands in the place of a text when assay renders
# What a template may write beyond the texts that it is given: system prompts that come with it,
# headers, dates.
TIMES, EACH, MORE = 4, 1 << 12, 1 << 17

PYTHONS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)  # what a template may raise


def limits(seconds: int, memory: int) -> None:
    for which, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(which, (most, most))
        except (ValueError, OSError):  # macOS knows no limit of the address space; the others hold
            continue


def compile_template(template: str) -> Any:
    """The template as transformers compiles it."""
    from jinja2.exceptions import TemplateError
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        tags = {"generation"}

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(
        value: Any,
        ensure_ascii: bool = False,
        indent: int | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,
    ) -> str:
        return json.dumps(
            value,
            ensure_ascii=ensure_ascii,
            indent=indent,
            separators=separators,
            sort_keys=sort_keys,
        )

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = tojson
    known: dict[str, Any] = environment.globals
    known |= {"raise_exception": raise_exception, "strftime_now": lambda form: form}
    return environment.from_string(template)


def conversations() -> Iterator[list[dict[str, str]]]:
    """Turns taken, with a system message first and without."""
    for count, text in [
        *((count, MARK) for count in COUNTS),
        *((count, "x" * size) for count, size in LONG),
    ]:
        for system in (1, 0):
            roles = ["system"] * system + [
                ("user", "assistant")[at % 2] for at in range(max(1, count - system))
            ]
            yield [{"role": role, "content": text} for role in roles]


def refusal(template: str) -> str:
    from jinja2.exceptions import TemplateError

    ready, failures = compile_template(template), (TemplateError, *PYTHONS)
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    for messages in conversations():
        given = sum(len(message["content"]) for message in messages)
        for generation in (True, False):
            try:
                text = ready.render(
                    messages=messages,
                    tools=None,
                    documents=None,
                    add_generation_prompt=generation,
                    **special,
                )
            except MemoryError:
                return "memory"
            except failures:  # it may refuse roles, or fail: that is told where it is used
                continue
            if len(text) > TIMES * given + EACH * len(messages) + MORE:
                return f"{len(messages):,} messages with {given:,} characters become {len(text):,}"
    return ""


def main() -> None:
    job = json.load(sys.stdin)
    sys.path[:0] = job["paths"]
    limits(job["seconds"], job["memory"])
    print(json.dumps(refusal(job["template"])), flush=True)


if __name__ == "__main__":
    main()
