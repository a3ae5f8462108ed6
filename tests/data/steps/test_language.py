import csv
import json
import re
from pathlib import Path

import pytest

from assay.data.steps.language import Language, detect
from helpers.nights import nightly_but

ENGLISH = [
    "Where is the card I ordered two weeks ago?",
    "hi my pasword dont work since yesterdy, pls help",
    "Please renew The Salt Ledger for Bettina Ostrow, card 2204-7719.",
    "I WAS CHARGED TWICE FOR THE SAME ORDER",
]
OTHERS = {
    "de": "Guten Tag, ich habe meine Karte am Montag im Bus verloren und möchte sie bitte sofort"
    " sperren lassen.",
    "es": "Buenos días, he perdido mi tarjeta en el autobús y quiero bloquearla lo antes posible,"
    " por favor.",
    "fr": "Bonjour, j'ai perdu ma carte dans le bus hier soir et je voudrais la bloquer tout de"
    " suite, merci.",
}
MORE = [
    "Wann bekomme ich endlich mein Geld zurück? Die Bestellung wurde schon vor drei Wochen"
    " storniert.",
    "Mein Passwort funktioniert seit dem letzten Update nicht mehr, und der Link in der E-Mail"
    " ist leider abgelaufen.",
    "No puedo entrar en mi cuenta desde ayer porque la aplicación dice que la contraseña no es"
    " correcta, ¿qué hago?",
    "El pedido llegó ayer con la caja rota y falta una de las dos botellas, quiero que me"
    " devuelvan el dinero.",
    "Je n'arrive plus à me connecter à mon compte depuis hier, l'application me dit que le mot"
    " de passe est faux.",
    "La commande est arrivée hier avec un carton abîmé et il manque une des deux bouteilles, je"
    " veux être remboursé.",
]


def test_the_language_of_most_rows_is_kept(make, outcome):
    rows, dropped, _ = outcome(
        Language(), make([(text, "x") for text in [*ENGLISH, *OTHERS.values()]])
    )
    assert [row.text for row in rows] == ENGLISH
    assert [drop.reason for drop in dropped] == [f"language {name}" for name in OTHERS]


def test_tickets_of_fifteen_words_in_another_language_are_found(make, outcome):
    rows, dropped, _ = outcome(Language(keep=("en",)), make([(text, "x") for text in MORE]))
    assert not rows
    assert len(dropped) == len(MORE)


def test_languages_to_keep_are_a_choice(make, outcome):
    rows, _, _ = outcome(
        Language(keep=("en", "de")), make([(text, "x") for text in OTHERS.values()])
    )
    assert [row.text for row in rows] == [OTHERS["de"]]


def test_short_texts_and_no_texts_stay(make, outcome):
    texts = ["Danke!", "Visa o Mastercard?", "12345", ""]
    rows, _, _ = outcome(Language(keep=("en",)), make([(text, "x") for text in texts]))
    assert [row.text for row in rows] == texts
    assert outcome(Language(), []) == ([], [], [])


@pytest.mark.real
def test_few_english_questions_are_dropped(shared_data, make, outcome):
    # banking77 is English throughout; its short questions full of product names are the hard case.
    with (shared_data("banking77", whole=True) / "train.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    _, dropped, _ = outcome(Language(), make(rows))
    assert len(dropped) <= 0.005 * len(rows)


@pytest.mark.real
def test_german_questions_of_fifteen_words_are_always_found(shared_data, make, outcome):
    data = json.loads(
        (shared_data("xquad", whole=True) / "xquad.de.json").read_text(encoding="utf-8")
    )["data"]
    asked = [
        qa["question"] for article in data for part in article["paragraphs"] for qa in part["qas"]
    ]
    long = [(text, "x") for text in asked if len(text.split()) >= 15]
    assert len(long) > 90
    rows, _, _ = outcome(Language(keep=("en",)), make(long))
    assert not rows


def test_languages_that_cannot_be_there_are_not_named(make, outcome):
    # Spanish that the model shares out to its neighbours, and a name that it takes for Finnish.
    texts = ["Agua pasada no muele molino, dice el refrán.", "Nokia Lumia Helsinki Turku Oulu"]
    _, dropped, _ = outcome(
        Language(keep=("de",), among=("en", "es")), make([(text, "x") for text in texts])
    )
    assert {drop.reason for drop in dropped} <= {"language es", "language en"}
    assert dropped[0].reason == "language es"


def lines_of_forty(folder):
    """(file:line, language of the file, line) of every line of 40 characters and more; overstriking
    is undone."""
    for path in sorted(folder.iterdir()):
        if path.name == "SOURCE.txt":
            continue
        for at, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            line = re.sub(".\x08", "", line).strip()
            if len(line) >= 40:
                yield f"{path.name}:{at}", path.name[:2], line


AMONG = (("de", "en", "es"), 0.99)


@pytest.mark.real
@pytest.mark.parametrize(("among", "least"), nightly_but([AMONG], [((), 0.98), AMONG]))
def test_lines_of_fortunes_are_told_by_their_language(among, least, shared_data):
    # The name of a file says its language. 72 of the lines below have no language or another.
    lines = list(lines_of_forty(shared_data("fortunes_multilingual", whole=True)))
    assert len(lines) == 11_338
    told = [
        shares[0][0] if shares else "" for shares in detect((line for _, _, line in lines), among)
    ]
    right = sum(name == language for name, (_, language, _) in zip(told, lines, strict=True))
    assert right / len(lines) >= least
    # Read by hand: the lines that are told otherwise than the file says, and 60 drawn from the
    # others.
    read = json.loads((Path(__file__).parent / "fixtures" / "fortunes_read.json").read_text())
    if among:
        apart = {
            place
            for name, (place, language, _) in zip(told, lines, strict=True)
            if name != language
        }
        assert apart <= set(read)
        # None of the 60 that agree was wrong, and of those that do not most have no language, or
        # not the file's.
        assert sum(
            read[place] == language for place, language, _ in lines if place in apart
        ) <= 0.3 * len(apart)
