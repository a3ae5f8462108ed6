"""The settings of a model behind an address: what is refused, and that a key is never shown."""

import pytest

from assay.config import load
from assay.config.complaints import SettingsError, fill
from assay.core.errors import ProjectError
from assay.models.remote.endpoint import Endpoint, Price, looks_like_a_key

PLANTED = "sk-proj-AbCd1234EfGh5678IjKl9012"
RIGHT = {"url": "https://host.example/v1", "model": "gpt-x"}
# Forms that services give out, and a long word without a form.
KEYS = (
    PLANTED,
    "AKIAIOSFODNN7EXAMPLE",
    "hf_" + "a1" * 17,
    "c0ffee1234567890c0ffee1234567890",
    "abc123",
    "MY-KEY",
    7,
)


def complaints(**settings):
    with pytest.raises(SettingsError) as caught:
        fill(Endpoint, {**RIGHT, **settings})
    return caught.value.complaints


@pytest.mark.parametrize("value", KEYS)
def test_a_key_in_the_file_is_refused_and_not_repeated(value):
    (one,) = complaints(key=value)
    assert one.code == "C063" and one.place == ("key",)
    assert str(value) not in one.text


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": PLANTED},
        {"headers": {"Authorization": f"Bearer {PLANTED}"}},
        {"Token": "x"},
        {"model": PLANTED},
        {"price": PLANTED},
        {"timeout": PLANTED},
        {"note": PLANTED},
        {PLANTED: "x"},
        {"url": f"https://user:{PLANTED}@host/v1"},
        {"url": f"https://host/v1?api_key={PLANTED}"},
        {"url": f"https://host/{PLANTED}/v1"},
    ],
)
def test_a_key_elsewhere_is_refused_and_not_repeated(settings):
    found = complaints(**settings)
    assert {one.code for one in found} == {"C063"}
    assert not any(PLANTED in one.text for one in found)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "KEY", "_A1", "MY_COMPANY_GATEWAY_TOKEN_2"])
def test_names_of_variables_are_taken(name):
    assert fill(Endpoint, {**RIGHT, "key": name}).key == name


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example/v1",
        "http://10.0.0.1/v1",
        "ftp://host/v1",
        "host/v1",
        "https://",
        "https://[::1",
        "file:///x",
    ],
)
def test_addresses_are_https_or_this_machine(url):
    (one,) = complaints(url=url)
    assert (one.code, one.place) == ("C067", ("url",))


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/v1", "http://127.0.0.1/v1/", "http://[::1]:1/v1", RIGHT["url"]]
)
def test_addresses_that_are_right(url):
    endpoint = fill(Endpoint, {**RIGHT, "url": url})
    assert endpoint.url == url.rstrip("/") and endpoint.local == url.startswith("http:")


def test_a_host_with_a_long_name_is_no_key():
    assert fill(
        Endpoint, {**RIGHT, "url": "https://risk-assessment-service-internal.example/v1"}
    ).host


def test_a_host_that_only_begins_like_this_machine_is_another():
    assert complaints(url="http://localhost.evil.example/v1")[0].code == "C067"
    assert complaints(url="http://127.0.0.1.evil.example/v1")[0].code == "C067"


def test_the_digest_covers_what_names_the_model_and_nothing_else():
    one = Endpoint(**RIGHT)
    assert (
        one.digest
        == Endpoint(
            **RIGHT, key="KEY", concurrency=9, price=Price(prompt=1), timeout=5, tries=2
        ).digest
    )
    assert one.digest != Endpoint(**RIGHT, context_length=4096).digest
    assert one.digest != Endpoint(url=RIGHT["url"], model="gpt-y").digest


def test_a_price_is_of_a_million_tokens():
    assert Price(prompt=2.0, answer=8.0).of(500_000, 250_000) == 1.0 + 2.0


@pytest.mark.parametrize(
    "word",
    [
        "gpt-4o-mini-2024-07-18",
        "meta-llama/Llama-3.1-70B-Instruct",
        "60",
        "0.15",
        "task-classification-large-v2",
        "multilingualsentencesimilarity",  # letters alone
        "20261202174501123456789",  # digits alone
    ],
)
def test_names_of_models_do_not_look_like_keys(word):
    assert not looks_like_a_key(word)


# --- in a project file ----------------------------------------------------------------------------

HEAD = "data: {files: {data: tickets.csv}}\n"


def project(tmp_path, text, *sets):
    (tmp_path / "project.yaml").write_text(HEAD + text)
    return load(tmp_path / "project.yaml", sets)


def said(tmp_path, text, *sets):
    with pytest.raises(ProjectError) as caught:
        project(tmp_path, text, *sets)
    return str(caught.value)


def test_a_project_names_its_endpoints(tmp_path):
    text = (
        "model: gpt\nremote:\n"
        "  gpt: {url: https://host.example/v1, model: gpt-x, key: THE_KEY, price: {prompt: 0.1}}\n"
    )
    first = project(tmp_path, text)
    assert first.remote["gpt"].price == Price(prompt=0.1)
    (tmp_path / "project.yaml").write_text(first.to_yaml())
    assert load(tmp_path / "project.yaml") == first


def test_every_problem_of_every_endpoint_at_once_without_a_key(tmp_path):
    text = f"""remote:
  Bad Name: {{url: "https://host/v1", model: m}}
  smollm2-135m: {{url: "https://host/v1", model: m}}
  one: {{url: "http://host/v1", model: m, key: {PLANTED}}}
  two: {{model: m, timeouts: 5}}
"""
    message = said(tmp_path, text)
    assert PLANTED not in message
    for part in (
        "remote.Bad Name: must be 1 to 40 of",
        "remote.smollm2-135m: is a model of the catalogue",
        "C067",
        "remote.one.url: is http to another machine",
        "remote.one.key: is not the name of an environment variable",
        "remote.two.url: is missing",
        "remote.two.timeouts: no such setting; did you mean 'timeout'?",
    ):
        assert part in message, part


def test_a_key_that_stands_twice_is_not_repeated(tmp_path):
    text = (
        "remote:\n  gpt:\n    url: https://h/v1\n"
        f"    model: m\n    key: {PLANTED}\n    key: {PLANTED}x\n"
    )
    message = said(tmp_path, text)
    assert "C065" in message and PLANTED not in message


def test_a_key_given_by_set_is_not_repeated(tmp_path):
    text = "remote:\n  gpt: {url: https://host.example/v1, model: gpt-x}\n"
    message = said(tmp_path, text, f"remote.gpt.key={PLANTED}")
    assert (
        message.startswith("C063 --set remote.gpt.key=...: is not the name")
        and PLANTED not in message
    )
    assert PLANTED not in said(tmp_path, text, f"remote.gpt.api_key={PLANTED}")
