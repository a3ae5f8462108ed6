"""A command of assay in a worker: forked with the libraries there, where a command that is started
would load them for seconds."""

import json
import sys
from pathlib import Path


def main(folder: Path) -> int:
    from assay.cli.main import command

    return command(json.loads((folder / "arguments.json").read_text()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
