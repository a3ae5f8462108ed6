import contextlib
import functools
import http.server
import threading

import pytest

from assay.core.errors import ModelError, ResourceError
from assay.models.loading.hub import HUB_NAME, snapshot, translate_hub_errors
from helpers.problems import problem


@contextlib.contextmanager
def hub(status, code=""):
    class Hub(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, format, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "GatedRepo", "asked for"),
        (404, "RepoNotFound", "repository"),
        (404, "RevisionNotFound", "revision"),
        (400, "", "400"),
    ],
)
def test_what_the_hub_refuses_is_explained(tmp_path, monkeypatch, status, code, words):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with hub(status, code) as endpoint, problem(ModelError, "M099", None, words):
        snapshot("org/name@v9", endpoint=endpoint)


def test_no_connection_to_the_hub(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with problem(ResourceError, "R004"):
        snapshot("org/name", endpoint="http://127.0.0.1:9")


def test_a_name_has_an_owner_and_perhaps_a_revision():
    for name in ("org/name", "Org-1/na.me_2", "org/name@main", "org/name@refs/pr/3"):
        assert HUB_NAME.fullmatch(name)
    for name in ("name", "org/name/more", "../name", "org/", "org/name@", "org/na me"):
        assert not HUB_NAME.fullmatch(name)


def test_errors_of_a_data_set_are_told_in_its_words_and_bars_come_back():
    from huggingface_hub import errors
    from huggingface_hub.utils import are_progress_bars_disabled

    shown = are_progress_bars_disabled()
    with (
        problem(ResourceError, "R004", None, "data set", "--repo-type"),
        translate_hub_errors("org/rows", "", True, "data set"),
    ):
        assert are_progress_bars_disabled()
        raise errors.LocalEntryNotFoundError("not here")
    assert are_progress_bars_disabled() == shown


def test_what_the_hubs_cache_holds_is_used_without_a_connection(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    commit, repository = "0123456789" * 4, tmp_path / "hub" / "models--org--name"
    folder = repository / "snapshots" / commit
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    assert snapshot("org/name", offline=True) == (folder, commit)
