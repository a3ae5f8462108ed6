"""Projects whose answers are programs, small: rows and a folder to run them in."""

import json


def program(n: int) -> dict:
    return {
        "text": f"Write a function add_{n}: add {n} to"
        f" {'a number' if n % 2 else 'what it is given'}, number {n * 37}.",
        "code": f"def add_{n}(x):\n    return x + {n}",
        "task_id": n,
        "test_list": [f"assert add_{n}({k}) == {k + n}" for k in (1, 5)],
        "test_setup_code": "",
    }


def write(folder, rows, aim="{kind: code}", name="rows.jsonl", more=""):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "project.yaml").write_text(
        f"task: {aim}\ndata: {{files: {{data: {name}}}{more}}}\n"
        "split: {leaks: repair, near: 1.0}\ncompare: [{kind: majority}]\n"
    )
    return folder
