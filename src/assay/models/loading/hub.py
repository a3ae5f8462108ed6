"""A model repository of the Hugging Face hub, allowed files only.

What it promises  HF_HOME, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE count as everywhere. Pickles and
                  code are never downloaded. Without a connection, what the hub's cache holds is
                  used.
"""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core import store
from assay.core.errors import AssayError, ModelError, Problem, ResourceError
from assay.core.types import Tell
from assay.models.loading.folder_validation import SMALL_FILES

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(@[\w./-]{1,100})?")


Refuse = Callable[[str, str], AssayError]


def _hub_error(text: str, help: str) -> AssayError:
    return ModelError(Problem("M099", text, help=help))


def snapshot(
    name: str,
    *,
    offline: bool = False,
    tell: Tell = lambda event: None,
    endpoint: str | None = None,
) -> tuple[Path, str]:
    """(folder in the hub's cache, commit) of `org/name[@revision]`.

    Raises:
        ModelError: M099 no such repository or revision, or access to it has not been granted.
        ResourceError: R004 not in the cache, and there is no connection or it must not be used.
    """
    repository, _, revision = name.partition("@")
    with translate_hub_errors(repository, revision, offline):
        folder = _download(repository, revision or None, offline, tell, endpoint)
    return folder, folder.name


@contextmanager
def translate_hub_errors(
    repository: str, revision: str, offline: bool, what: str = "model", refuse: Refuse = _hub_error
) -> Generator[None]:
    """Around calls of the hub's library: what it raises, in our words; its progress bars are off
    meanwhile.

    Args:
        what: "model" or "data set".
        refuse: makes the error for what the hub does not give, from its text and the way out.
    """
    from huggingface_hub import errors
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    # The order of the clauses is that of the classes: gated is a kind of not found.
    except errors.GatedRepoError as error:
        text = f"access to {repository} has to be asked for on its page on the hub"
        raise refuse(
            text, "accept its conditions there, then log in with `hf auth login` or set HF_TOKEN"
        ) from error
    except errors.RepositoryNotFoundError as error:
        here = ", and there is no such folder here" if what == "model" else ""
        text = (
            f"the hub has no {'repository' if what == 'model' else what} {repository}, or it is"
            f" private{here}"
        )
        raise refuse(text, "check the spelling; for a private one set HF_TOKEN") from error
    except errors.RevisionNotFoundError as error:
        raise refuse(f"{repository} has no revision {revision!r}", "") from error
    except errors.HFValidationError as error:
        raise ModelError(
            Problem("M098", f"{repository!r} is not a name that the hub can have")
        ) from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        if isinstance(error.__cause__, errors.HfHubHTTPError):
            raise _status_error(repository, error.__cause__, refuse) from error
        why = "the network must not be used" if offline else "the hub cannot be reached"
        kind = "" if what == "model" else "--repo-type dataset "
        way = (
            f"on a machine with network: hf download {kind}{repository} ; then set HF_HOME to"
            " the folder it filled"
        )
        text = f"the {what} {repository} is not in the hub's cache on this machine and {why}"
        raise ResourceError(Problem("R004", text, help=way)) from error
    except errors.HfHubHTTPError as error:
        raise _status_error(repository, error, refuse) from error
    # The class of the hub's HTTP client, whichever that is: the connection broke on the way.
    except errors.HTTPError as error:
        text = f"the download of {repository} broke off ({type(error).__name__})"
        raise ResourceError(
            Problem("R004", text, help="run the same command again: it continues")
        ) from error
    finally:
        if shown:
            enable_progress_bars()


def _status_error(repository: str, error: "HfHubHTTPError", refuse: Refuse) -> AssayError:
    return refuse(
        f"the hub answered {error.response.status_code} for {repository}", "try again later"
    )


def _download(
    repository: str, revision: str | None, offline: bool, tell: Tell, endpoint: str | None
) -> Path:
    from huggingface_hub import snapshot_download

    def bring(patterns: list[str], commit: str | None) -> Path:
        folder = snapshot_download(
            repository,
            revision=commit,
            allow_patterns=patterns,
            local_files_only=offline,
            endpoint=endpoint,
        )
        return Path(folder)

    # The small files first: they say which weight files belong to the model.
    folder = bring([*SMALL_FILES, "[0-9]_Pooling/config.json", "README.md"], revision)
    weights, size = _weight_files(folder)
    tell({"event": "download", "name": repository, "done": 0, "total": size})
    folder = bring(weights, folder.name if re.fullmatch(r"[0-9a-f]{40}", folder.name) else revision)
    tell({"event": "download", "name": repository, "done": size, "total": size})
    return folder


def _weight_files(folder: Path) -> tuple[list[str], int]:
    """Names, and bytes in all where the index states them (else 0). What is wrong in them is for
    the gate to say."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file() or index.stat().st_size > 20 << 20:
        return ["model.safetensors"], 0
    try:
        row = store.read_json(index)
        names = sorted(
            {
                name
                for name in row["weight_map"].values()
                if re.fullmatch(r"[\w.-]+\.safetensors", name)
            }
        )
        size = row.get("metadata", {}).get("total_size", 0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ["model.safetensors"], 0
    return names or ["model.safetensors"], size if isinstance(size, int) else 0
