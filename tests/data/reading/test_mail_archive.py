import pytest

from assay.data.reading.load import load
from assay.data.reading.mail_archive import looks_like_mbox
from assay.data.reading.read_file import read
from helpers.raw_tables import written

MARK = "From 16@xxx Sun Mar 03 02:19:17 +0000 2024\n"


def mail(labels, body="Hello.\n", more="", name="X-Gmail-Labels"):
    said = f"{name}: {labels}\n" if labels else ""
    return f"{MARK}{said}Subject: One\n =?utf-8?q?caf=C3=A9?=\nFrom: a@b.example\n{more}\n{body}\n"


def rows(path, *mails):
    return read(written(path / "all.mbox", "".join(mails)), base=path)


@pytest.mark.parametrize(
    ("labels", "role", "values"),
    [
        (["Inbox,Opened,Bills", "Inbox,Unread,Work"], "label", ["Bills", "Work"]),
        (["Bills,Work", "Bills", "Opened"], "labels", [["Bills", "Work"], ["Bills"], []]),
        (['"Bills, old",Work', "Work", "=?UTF-8?Q?B=C3=BCro?="], "labels", None),
        (["Inbox", "Inbox"], "", [None, None]),  # nothing tells them apart
        (["", ""], "", [None, None]),
    ],
)
def test_labels_that_tell_mails_apart_are_the_target(tmp_path, labels, role, values):
    table = rows(tmp_path, *map(mail, labels))
    assert {"text": "subject", "text_pair": "body"}.items() <= table.roles.items()
    assert table.roles.get(role, "") == role
    got = [raw.fields.get(role) for raw in table.rows]
    assert got == (values or [["Bills, old", "Work"], ["Work"], ["Büro"]])


def test_subject_and_text_are_asked_together(tmp_path):
    written(tmp_path / "a.mbox", "".join(mail("ab"[n % 2], f"Text {n}.\n") for n in range(12)))
    loaded = load({"data": ["a.mbox"]}, base=tmp_path)
    assert loaded.kind == "classify"
    assert loaded.train[3].text == "subject: One café\nbody: Text 3."


def test_lines_of_a_text_end_no_mail_and_marks_before_from_go(tmp_path):
    table = rows(tmp_path, mail("a", "From here on.\n\n>From me\n"), mail("b"))
    assert [raw.fields["body"] for raw in table.rows] == ["From here on.\n\nFrom me", "Hello."]
    assert [raw.source for raw in table.rows] == ["all.mbox:1", "all.mbox:11"]


def test_of_a_page_the_text_is_the_body_and_an_attachment_is_left_out(tmp_path):
    page = "Content-Type: text/html; charset=utf-8\n"
    parts = (
        '--x\nContent-Type: text/plain; charset="latin-1"\nContent-Transfer-Encoding: base64\n\n'
        "Y2Fm6Q==\n--x\nContent-Type: application/pdf\nContent-Disposition: attachment\n\n"
        "JVBE\n--x--\n"
    )
    several = 'Content-Type: multipart/mixed; boundary="x"\n'
    odd = "Content-Type: text/plain; charset=none-such\n"
    table = rows(
        tmp_path,
        mail("a", "<p>Dear <b>you</b></p>\n", page),
        mail("b", parts, several),
        mail("b", "plain\n", odd),
    )
    assert [raw.fields["body"] for raw in table.rows] == ["Dear you", "café", "plain"]


@pytest.mark.parametrize(
    "text",
    [
        b"From here on it rains.\nSubject: x\n",
        b"From a@b Sun 2024\nno header\n",
        b"Subject: x\n",
        b"",
    ],
)
def test_other_files_are_none_of_mails(text):
    assert not looks_like_mbox(text)
