"""A project with the sample report, and a client that has the key."""

import pytest

from assay.reporting.report_files import write_report
from helpers.sample_report import report

TOKEN = "k" * 24
ORIGIN = "http://127.0.0.1"
__all__ = ["report"]


@pytest.fixture(scope="session")
def sample_project(report, tmp_path_factory):
    """Its folder; nothing is to be changed in it."""
    folder = tmp_path_factory.mktemp("desk") / "tickets"
    folder.mkdir()
    (folder / "project.yaml").write_text("version: 2\n", encoding="utf-8")
    write_report(report, folder / "report")
    return folder


@pytest.fixture
def open_page():
    """(projects) -> a client that has come in with the key."""
    pytest.importorskip("starlette")
    from starlette.testclient import TestClient

    from assay.web.app import app

    def opened(*projects):
        client = TestClient(app(projects, TOKEN, ("127.0.0.1",)), base_url=ORIGIN)
        assert client.get(f"/?token={TOKEN}", follow_redirects=False).status_code == 303
        return client

    return opened


@pytest.fixture
def project(sample_project):
    from assay.web.web_project import WebProject

    return WebProject(sample_project)


@pytest.fixture
def client(open_page, project):
    return open_page(project)
