"""The text of `ask.py`, the script of an index: it answers as the arm does, without assay, on 40
lines at most.

How         a beginning, the way of searching that the arm uses, and an end
Watch out   it says again what `prompt.retrieval` does: stems and BM25, or cosines, and which
            passages are handed over. The check finds what it says otherwise; every export runs it
"""

from __future__ import annotations

LINES = 40

HEAD = '''\
"""Answers as the arm did: python ask.py "a question" ["another"]; or JSON texts, lines of stdin."""
import collections, json, pathlib, re, sys
import numpy as np, torch, transformers as hf
from safetensors.numpy import load_file
here = pathlib.Path(__file__).resolve().parent
own = json.loads((here / "index.json").read_text())
passages = [json.loads(line) for line in (here / "passages.jsonl").read_text().splitlines()]
index, word = load_file(here / "index.safetensors"), re.compile(own["word"])
kinds = (hf.AutoTokenizer, hf.AutoModelForCausalLM, hf.GenerationConfig)
tokenizer, model, settings = (k.from_pretrained(here / "model") for k in kinds)
'''

WORDS = """\
stem = str if own["language"] == "none" else snowballstemmer.stemmer(own["language"]).stemWord
places = {name: at for at, name in enumerate(index["stems"].tobytes().decode().split("\\n"))}
def search(question):
    total, said = np.zeros(len(passages), np.float32), word.findall(question.casefold())
    stems = [w if len(w) > 64 else stem(w) for w in said if w not in own["common"]]
    for one, times in collections.Counter(stems).items():
        part = slice(*index["starts"][places[one] : places[one] + 2]) if one in places else slice(0)
        total[index["texts"][part]] += np.float32(times) * index["parts"][part]
    return [i for i in np.argsort(-total.round(5), kind="stable") if total[i] > 0][: own["many"]]
"""

MEANING = """\
reader, encoder = (k.from_pretrained(here / "encoder") for k in (hf.AutoTokenizer, hf.AutoModel))
def search(question):
    row = reader([own["before"] + question], truncation=True, max_length=own["limit"])
    ids, mask = (torch.tensor(row[name]) for name in ("input_ids", "attention_mask"))
    with torch.inference_mode():
        states = encoder.float().eval()(ids, attention_mask=mask).last_hidden_state[0]
    vector = states.mean(0) if own["pooling"] == "mean" else states[0]
    vector = torch.nn.functional.normalize(vector, dim=-1).numpy()
    return np.argsort(-(index["vectors"] @ vector).round(5), kind="stable")[: own["many"]]
"""

TAIL = """\
def copies(a, b):
    return len(a & b) >= 0.9 * len(a | b) and not any(map(str.isdigit, "".join(a ^ b)))
def handed_over(found):
    taken, said, given, queue = [], [], collections.Counter(), list(found)
    for n, i in enumerate(queue):
        mine, document = set(word.findall(passages[i]["text"].casefold())), passages[i]["document"]
        if len(taken) < own["top"] and n < len(found) and given[document] >= own["cap"]:
            queue.append(i)  # a document gives so many at most; more only where others give too few
        elif len(taken) < own["top"] and not any(copies(mine, other) for other in said):
            taken, said, given[document] = [*taken, i], [*said, mine], given[document] + 1
    return [passages[i]["text"] for i in sorted(taken, key=list(found).index, reverse=True)]
def answer(question):
    found, template = handed_over(search(question)), tokenizer.apply_chat_template
    shown = "\\n".join(f"[{len(found) - n}] {text}" for n, text in enumerate(found))
    ask = (f"Passages:\\n{shown}\\n\\nQuestion: {question}" if found else question).strip()
    talk = [*own["system"][bool(found)], dict(role="user", content=ask)]
    row = template(talk, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    out = model.generate(**row, generation_config=settings)[0, row["input_ids"].shape[1] :]
    return tokenizer.decode(out, skip_special_tokens=True).strip()
for question in sys.argv[1:] or map(json.loads, sys.stdin):
    print(json.dumps(answer(question), ensure_ascii=False), flush=True)
"""


def script(find: str) -> str:
    """Args:
    find: "bm25" or "dense".
    """
    if find == "bm25":
        return (
            HEAD.replace("import numpy as np, torch", "import numpy as np, snowballstemmer, torch")
            + WORDS
            + TAIL
        )
    return HEAD + MEANING + TAIL
