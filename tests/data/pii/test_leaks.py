"""Two hundred planted data, a whole run, and a search of everything that was written.

Twenty kinds, ten of each, in English, German and Spanish sentences; some split over lines, some in
look-alike letters. The numbers are examples that standards and offices publish, or made from them
with the right check digits; the names are common ones of several countries. What is looked for is
the datum as it was planted, and its plain form.
"""

import json
import re
from pathlib import Path
from string import ascii_uppercase

import pytest

from assay import pipeline
from assay.config import load
from assay.data.pii import check_digits
from assay.data.pii.normalised import fold

pytestmark = pytest.mark.slow

SENTENCES = (
    "Please note that my {label} is {datum} and the parcel {n} has not come",
    "Bitte beachten Sie: {label} {datum}, und das Paket {n} ist nicht da",
    "Por favor, {label} {datum}, y el paquete {n} no ha llegado",
)
PEOPLE = "Amelia Thornbury|Jonas Weidmann|Lucía Fernández|Oluwaseun Adeyemi|Zsófia Kovács"
PEOPLE += "|Priya Raghunathan|Mateusz Wójcik|Siobhán Gallagher|Dieter Kranzbühler|Carmen Villalobos"
STREETS = "14 Harrow Road|221 Baker Street|9 Elm Avenue|Lindenstraße 17|Goethestraße 4"
STREETS += "|Schillerplatz 12|Calle Mayor 25|Calle Alcalá 107|12 rue de Rivoli|Avenida América 33"


def with_check(digits, check):
    """`digits` and the last digit that `check` accepts."""
    return next(digits + str(d) for d in range(10) if check(digits + str(d)))


def iban(country, body):
    return next(
        f"{country}{d:02d}{body}"
        for d in range(2, 99)
        if check_digits.iban(f"{country}{d:02d}{body}")
    )


def cards():
    heads = (
        "411111111111111",
        "453201511283036",
        "555555555555444",
        "510510510510510",
        "37828224631000",
    )
    made = [with_check(h, check_digits.luhn) for h in heads]
    made += [with_check(f"4{n:014d}", check_digits.luhn) for n in (23456789012, 98765432109)]
    made = [" ".join(m[i : i + 4] for i in range(0, 16, 4)) if len(m) == 16 else m for m in made]
    made.append("4111-1111\n1111-1111")
    made.append(
        "".join(chr(ord(c) + 0xFEE0) for c in with_check("401288888888188", check_digits.luhn))
    )
    return [*made, "６０１１ １１１１ １１１１ １１１７"]


PLANTED: dict[str, tuple[tuple[str, str, str], list[str]]] = {
    "person": (("name is", "mein Name ist", "me llamo"), PEOPLE.split("|")),
    "e-mail": (
        ("mail", "E-Mail", "correo"),
        [f"{w}.{i}qx@posteo.de" for i, w in enumerate("ann bo carl dora eve".split())]
        + ["fay.lund@\nweb-mail.com", "gus.\nhall@inbox.org", "hаns.kе@mail.net",
           "ida.moe＠mail．net", "jo=\nn.poe@mail.net"],
    ),
    "telephone": (
        ("phone", "Telefon", "teléfono"),
        "+44 20 7946 0958|(212) 555-0187|+1-415-555-0132|+49 30 1234567|030/7654321|0171 2345678"
        "|+34 912 345 678|06 12 34 56 78|+33 1\n23 45 67 89|＋49 170 7654321".split("|"),
    ),
    "card": (("card", "Karte", "tarjeta"), cards()),
    "IBAN": (
        ("IBAN", "IBAN", "IBAN"),
        [iban("DE", f"{37040044:08d}{n:010d}") for n in (532013000, 648489890, 777)]
        + [iban("GB", f"WEST{n:014d}") for n in (12345698765432, 55, 98)]
        + [iban("ES", "21000418450200051332")[:12] + "\n" + iban("ES", "21000418450200051332")[12:]]
        + [" ".join(re.findall(".{1,4}", iban("FR", "20041010050500013M02606")))]
        + [iban("NL", "ABNA0417164300").lower(), iban("AT", "1904300234573201")],
    ),
    "IP": (
        ("address", "Adresse", "dirección"),
        [f"203.0.113.{n}" for n in (7, 77, 177)] + [f"85.214.{n}.9" for n in (3, 4, 5)]
        + ["2a02:8108:1234:5678:9abc:def0:1234:5678", "2a00:1450:4001:81b::200e",
           "fe80::1ff:fe23:4567:890a", "8５.2１4.132.117"],
    ),
    "MAC": (("device", "Gerät", "aparato"),
        [f"3C:5A:B4:{n:02X}:2B:{n + 7:02X}" for n in range(16, 26)]),
    "URL": (
        ("page", "Seite", "página"),
        [f"https://www.{w}-family.net/~{w}"
         for w in "ash bay cod dew elk fox gnu hen ibe jay".split()],
    ),
    "US SSN": (("SSN", "SSN", "SSN"), [f"{n}-45-67{n % 90 + 10}"
        for n in (123, 219, 321, 456, 512, 601, 219, 700, 332, 128)]),
    "NHS": (("NHS number", "NHS number", "NHS number"),
        ["943 476 5919", "401 023 2137", "401\n0232137"]
        + [n for n in map(str, range(4505577104, 4505577300)) if check_digits.nhs(n)][:7]),
    "tax number": (
        ("Steuer-ID", "Steuer-ID", "Steuer-ID"),
        ["86095742719", "47 036 892 816", "65929970489"]
        + [n for n in map(str, range(12345678801, 12345679999)) if check_digits.steuer_id(n)][:7],
    ),
    "DNI": (("DNI", "DNI", "DNI"),
        [f"{n}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}" for n in range(12345670, 12345680)]),
    "fiscal code": (("codice", "codice", "codice"), ["MRTMTT25D09F205Z", "RSSMRA85T10A562S"]
        + [next(code for c in ascii_uppercase
                if check_digits.codice_fiscale(code := f"BNCLRA8{i}A41H501{c}"))
            for i in range(8)]),
    "NIR": (("NIR", "NIR", "NIR"),
        [f"2{50 + i}0814168025" + f"{97 - int(f'2{50 + i}0814168025') % 97:02d}"
         for i in range(10)]),
    "passport": (("passport number", "Reisepass", "pasaporte"),
        [f"C0{n}X00T4{n}" for n in range(10)]),
    "plate": (("number plate", "Kennzeichen", "matrícula"),
        [f"B-KX {n}" for n in range(7101, 7111)]),
    "account": (("account number", "Kontonummer", "número de cuenta"),
        [f"{n}" for n in range(60161331, 60161341)]),
    "wallet": (("wallet", "Wallet", "cartera"), [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]
        + [f"0x52908400098527886E0F7030069857D2E4169E{n:02X}" for n in range(7)]),
    "secret": (("token is", "Token ist", "token es"),
        [f"hf_{'aB3d' * 8}{n}" for n in range(5)] + [f"AKIAIOSFODNN7EXAMP{n}E" for n in range(5)]),
    "street": (("address is", "Adresse ist", "dirección es"), STREETS.split("|")),
}  # fmt: skip
ALL = [(kind, at, datum) for kind, (_, data) in PLANTED.items() for at, datum in enumerate(data)]


def rows():
    """One sentence a datum, the wording from English to Spanish in turn, and a label that a word
    tells."""
    made = []
    for n, (kind, _, datum) in enumerate(ALL):
        language = n % 3
        label = PLANTED[kind][0][language]
        text = SENTENCES[language].format(label=label, datum=datum, n=7919 * (n + 3))
        word, target = (("refund", "pay"), ("shelf", "lend"), ("room", "meet"))[n // 3 % 3]
        made.append(
            {
                "text": f"{text}. {word} {n * 104729 % 99991} {chr(97 + n % 26) * 3}{n}",
                "label": target,
            }
        )
    return made


def forms(datum):
    return {datum, fold(datum).text, json.dumps(datum)[1:-1]}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("leaks") / "project"
    folder.mkdir()
    data = rows()
    # An official split that leaks, and copies, so that audit and ledger have rows to quote.
    test, train = data[::5] + data[1:4], [row for i, row in enumerate(data) if i % 5] + data[7:12]
    for name, part in (("train", train), ("test", test)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(lines)
    documents = "\n\n".join(row["text"] for row in data[::3])
    (folder / "notes.md").write_text(f"# Notes\n\n{documents}\n")
    (folder / "project.yaml").write_text(
        "version: 2\nname: leaks\ndata: {files: {train: train.jsonl, test: test.jsonl},"
        " columns: {text: text, label: label}}\n"
        "documents: [notes.md]\nsplit: {leaks: repair}\n"
        "prepare:\n  - {kind: repair}\n  - {kind: anonymise, table: people.table}\n"
        "  - {kind: dedupe}\n"
        "compare:\n  - {kind: majority}\n  - {kind: tfidf}\n"
    )
    pipeline.run(load(folder / "project.yaml"), offline=True)
    files = [
        p for top in ("work", "exam", "report") for p in (folder / top).rglob("*") if p.is_file()
    ]
    return folder, "\n".join(p.read_bytes().decode("utf-8", "replace") for p in files)


def test_there_are_two_hundred_of_twenty_kinds():
    assert len(PLANTED) == 20 and all(len(data) == 10 for _, data in PLANTED.values())
    assert len(ALL) == 200


def test_none_of_the_planted_data_is_written(written, capsys):
    _, text = written
    left = [(kind, datum) for kind, _, datum in ALL if any(form in text for form in forms(datum))]
    recall = {kind: 10 - sum(k == kind for k, _ in left) for kind in PLANTED}
    with capsys.disabled():
        print("\nfound of ten planted:", ", ".join(f"{kind} {n}" for kind, n in recall.items()))
    assert not left


def test_nor_are_words_of_the_names(written):
    _, text = written
    parts = {part for name in PEOPLE.split("|") for part in name.split()}
    assert not [part for part in parts if re.search(rf"(?<!\w){part}(?!\w)", text)]


def test_the_run_has_quoted_rows(written):
    folder, _ = written
    note = json.loads(next((folder / "exam" / "rows").glob("*/done.json")).read_text())["note"]
    assert any(example["text"] for reason in note["ledger"] for example in reason["examples"])
    audit = json.loads(next((folder / "exam" / "rows").glob("*/audit.json")).read_text())
    assert audit["pairs"] and all(pair["left"]["text"] for pair in audit["pairs"])


def test_key_and_table_lie_outside_and_are_the_owners(written):
    folder, text = written
    for name in ("anonymise.key", "people.table"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert (folder / "anonymise.key").read_text().split()[-1] not in text
