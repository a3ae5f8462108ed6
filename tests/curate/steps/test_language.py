import csv
import json

import pytest

from assay.curate.steps.language import Language

ENGLISH = [
    "Where is the card I ordered two weeks ago?",
    "hi my pasword dont work since yesterdy, pls help",
    "Please renew The Salt Ledger for Bettina Ostrow, card 2204-7719.",
    "I WAS CHARGED TWICE FOR THE SAME ORDER",
]
OTHERS = {
    "de": "Guten Tag, ich habe meine Karte am Montag im Bus verloren und möchte sie bitte sofort sperren lassen.",
    "es": "Buenos días, he perdido mi tarjeta en el autobús y quiero bloquearla lo antes posible, por favor.",
    "fr": "Bonjour, j'ai perdu ma carte dans le bus hier soir et je voudrais la bloquer tout de suite, merci.",
}
MORE = [
    "Wann bekomme ich endlich mein Geld zurück? Die Bestellung wurde schon vor drei Wochen storniert.",
    "Mein Passwort funktioniert seit dem letzten Update nicht mehr, und der Link in der E-Mail ist leider abgelaufen.",
    "No puedo entrar en mi cuenta desde ayer porque la aplicación dice que la contraseña no es correcta, ¿qué hago?",
    "El pedido llegó ayer con la caja rota y falta una de las dos botellas, quiero que me devuelvan el dinero.",
    "Je n'arrive plus à me connecter à mon compte depuis hier, l'application me dit que le mot de passe est faux.",
    "La commande est arrivée hier avec un carton abîmé et il manque une des deux bouteilles, je veux être remboursé.",
]


def test_the_language_of_most_rows_is_kept(make, outcome):
    rows, dropped, _ = outcome(Language(), make([(text, "x") for text in [*ENGLISH, *OTHERS.values()]]))
    assert [row.text for row in rows] == ENGLISH
    assert [drop.reason for drop in dropped] == [f"language {name}" for name in OTHERS]


def test_tickets_of_fifteen_words_in_another_language_are_found(shared_data, make, outcome):
    rows, dropped, _ = outcome(Language(keep=("en",)), make([(text, "x") for text in MORE]))
    assert not rows
    assert len(dropped) == len(MORE)


def test_languages_to_keep_are_a_choice(make, outcome):
    rows, _, _ = outcome(Language(keep=("en", "de")), make([(text, "x") for text in OTHERS.values()]))
    assert [row.text for row in rows] == [OTHERS["de"]]


def test_short_texts_and_no_texts_stay(make, outcome):
    texts = ["Danke!", "Visa o Mastercard?", "12345", ""]
    rows, _, _ = outcome(Language(keep=("en",)), make([(text, "x") for text in texts]))
    assert [row.text for row in rows] == texts
    assert outcome(Language(), []) == ([], [], [])


@pytest.mark.real
def test_few_english_questions_are_dropped(shared_data, make, outcome):
    # banking77 is English throughout; its short questions full of product names are the hard case.
    with (shared_data("banking77") / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    _, dropped, _ = outcome(Language(), make(rows))
    assert len(dropped) <= 0.005 * len(rows)


@pytest.mark.real
def test_german_questions_of_fifteen_words_are_always_found(shared_data, make, outcome):
    data = json.loads((shared_data("xquad") / "xquad.de.json").read_text(encoding="utf-8"))["data"]
    asked = [qa["question"] for article in data for part in article["paragraphs"] for qa in part["qas"]]
    long = [(text, "x") for text in asked if len(text.split()) >= 15]
    assert len(long) > 90
    rows, _, _ = outcome(Language(keep=("en",)), make(long))
    assert not rows
