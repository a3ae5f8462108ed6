import pytest

from helpers.personal_data import found

SECRETS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "hf_" + "aB3d" * 9,
    "sk-proj-" + "aB3d" * 8,
    "xoxb-123456789012-abcdefABCDEF",
    "AIza" + "aB3-_" * 7,
    "npm_" + "aB3d" * 9,
    "glpat-" + "aB3d" * 5,
]


def test_tokens_are_secrets(subtests):
    for token in SECRETS:
        with subtests.test(repr(token)):
            assert found(f"use {token} for it") == [("SECRET", token)]


def test_a_key_block_is_one_secret_also_without_its_end():
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n"
    assert found(f"{block}-----END RSA PRIVATE KEY-----") == [
        ("SECRET", f"{block}-----END RSA PRIVATE KEY-----")
    ]
    assert found(block) == [("SECRET", block)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password: hunter2!x", "hunter2!x"),
        ("the api key is 'a-b-c-d-e'.", "a-b-c-d-e"),
        ("Passwort=geheim99, und", "geheim99"),
        ("postgres://ann:s3cret@db:5432/x", "s3cret"),
    ],
)
def test_a_value_that_is_called_a_password_is_one(text, value):
    assert ("SECRET", value) in found(text)


@pytest.mark.parametrize(
    "text", ["the password is required", "password: yes", "secret keys = none"]
)
def test_prose_about_passwords_is_left(text):
    assert found(text) == []
