"""Forms are this page's own, and nothing but forms."""

import pytest

from web.conftest import ORIGIN


@pytest.fixture
def send(client, project):
    def sent(data=None, **more):
        headers = {"origin": ORIGIN, **more.pop("headers", {})}
        return client.post(f"/p/{project.id}/run/stop", data=data, headers=headers, **more)

    return sent


def test_a_form_without_the_mark_does_nothing(send):
    assert send({"a": "1"}).status_code == 403
    assert send({"mark": "x" * 64}).status_code == 403


@pytest.mark.parametrize(
    "more",
    [
        {"json": {"mark": "x"}},
        {
            "content": b"mark=\xff\xfe",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        {
            "content": b"a=1&" * 300,
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        {"content": b"", "headers": {"content-type": "text/plain"}},
    ],
)
def test_what_is_no_form_is_refused(send, more):
    assert send(**more).status_code == 400


def test_a_form_is_no_page(client, project):
    assert client.get(f"/p/{project.id}/run/stop").status_code == 405
