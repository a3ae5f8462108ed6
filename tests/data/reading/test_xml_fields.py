from xml.etree.ElementTree import fromstring

from assay.data.reading.xml_fields import fields_of, flat


def test_paragraphs_are_one_text():
    element = fromstring('<doc topic="x"><p>One <b>bold</b>.</p><p>Two.</p></doc>')
    assert fields_of(element) == {"topic": "x", "text": "One bold.\nTwo."}


def test_words_with_tags_are_tokens():
    element = fromstring('<s><w ner="PER">Ann</w><w ner="O">slept</w></s>')
    assert fields_of(element)["tokens"][0] == {"ner": "PER", "text": "Ann"}


def test_a_value_is_called_by_what_it_is_the_value_of():
    fields = {"text": "t", "sentiments": {"polarity": {"value": "P", "type": "A"}}}
    assert flat(fields) == {
        "text": "t",
        "sentiments.polarity": "P",
        "sentiments.polarity.type": "A",
    }
