"""Where a project keeps what it makes, beside its project file.

project.yaml   work/, exam/, report/, reviews/, updates/ and export/ in its folder
p4.yaml        p4.work/, p4.exam/, p4.report/, ... in the same folder, so that no file shows another
               one's verdict
For all files  exam.jsonl and the votes of annotators, which belong to rows
"""

from pathlib import Path

PROJECT = "project.yaml"
ENDINGS = (".yaml", ".yml")


def file_of(target: Path) -> Path:
    """The project file that a folder or a file stands for."""
    named = target.suffix.lower() in ENDINGS and not target.is_dir()
    return target if named else target / PROJECT


def project_target(file: Path) -> Path:
    """A project as one types it: the folder of a project.yaml, a file of another name itself."""
    return file.parent if file.name == PROJECT else file


def near(path: Path) -> Path:
    """The path as one would type it here: from this folder where it lies in it."""
    return (
        path.relative_to(Path.cwd())
        if path.is_absolute() and path.is_relative_to(Path.cwd())
        else path
    )


def place(target: Path, name: str) -> Path:
    """Where the project of this folder or file keeps its `work`, `report`, ..."""
    file = file_of(target)
    own = "" if file.name == PROJECT else f"{file.name.removesuffix('.yaml')}."
    return file.parent / f"{own}{name}"
