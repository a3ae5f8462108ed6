"""Names that columns tend to have, in order of trust.

A name counts when it is the whole field name, or, with less weight, one word of it.
"""

import unicodedata


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TEXT = _words(
    "text question query prompt"
    " sentence utterance tweet sms message input content review comment post dialogue"
    " dialog email document body description title headline goal intent instruction source mr case"
    " problem story q table"
)
LABEL = _words(
    "label labels category class target decision verdict intent sentiment topic tag"
    " spam gold answer output type similar stance emotion entailment duplicate relevance relevant"
    " polarity department queue reason outcome judgment judgement priority genre grade rating stars"
)
# Words that say of a field which one it is, not what it is.
QUALIFIERS = set(
    _words(
        "gold true final main primary majority consensus correct actual human expert best"
        " expected reference"
    )
)
# The right answer, beside which another is some model's.
TRUTHS = {"ground_truth", "ground_truths", "gold", "gold_answer", "expected", "expected_output"}
TRUTHS |= {"expected_answer", "reference", "reference_answer", "correct_answer"}
# Numbers that say how much of something a text has.
SCALES = _words(
    "rating ratings stars star score scores overall"
    " grade points price cost amount value quality similarity relatedness helpfulness complexity"
    " difficulty readability age duration minutes hours count total quantity salary revenue"
    " valence arousal dominance intensity"
)
ANSWER = _words(
    "answer response completion output target"
    " reply solution summary reference ref snippet code sql sparql query translation note"
    " highlights label ground_truth expected"
)
CODE = _words("code solution canonical_solution program query sql sparql")
TESTS = ("tests", "test_list")
SETUP = ("test_setup_code", "setup")
ENTITIES = _words("entities spans ner_tags tags slots ner annotations labels mentions")
# Fields that hold the object that is to be answered.
OBJECT = _words(
    "entities slots fields extraction extracted output json target gold answer response"
    " completion result"
)
CONTEXT = _words(
    "context contexts passage passages paragraph paragraphs evidence document documents article"
)
GROUP = _words(
    "group user author thread conversation"
    " dialogue dialog session template templ patient customer speaker writer account paper cluster"
)
# Of what rows are sampled by, beside those: a value of few is still one of many that might have
# been.
SAMPLED = GROUP + _words(
    "client person member student teacher annotator judge"
    " sender recipient owner reporter agent ticket case order incident document doc article passage"
    " context page url file filename book chapter report site store shop hospital device machine"
    " sensor project repo repository batch wave day date week month prompt family scene video"
)
SLICE = _words(
    "lang language country region source gender age domain channel difficulty level bias subject"
)
LABEL_SETS = _words("labels label tags categories classes topics genres intents emotions services")
# Objects whose fields are all to be answered, without a plural's s.
OBJECTS = {
    name.removesuffix("s")
    for name in (*ENTITIES, *LABEL_SETS, *_words("target gold answer output response completion"))
}
SUMMARY = _words("summary highlights tldr abstract note headline")
DOCUMENT = _words(
    "document article source text dialogue dialog transcript content body report passage"
)
# What is written once the answer is known.
AFTERWARDS = _words(
    "explanation explanations rationale rationales reasoning justification comment comments why"
    " hint feedback remark solution solutions generation generations cot thought thoughts steps"
    " derivation proof working workings equation equations formula"
)
# What stands above a text and is short.
TITLES = _words("title headline subject")
ISSUE = ("summary", "description")  # of an issue: its title and its text, no summary
# Two texts of which one is judged by the other.
JUDGED = (("premise", "hypothesis"), ("claim", "evidence"))
# Two texts that a label or a number is about.
PAIRS = (
    ISSUE,
    ("premise", "hypothesis"),
    ("claim", "evidence"),
    ("query", "passage"),
    ("query", "document"),
    ("query", "product_title"),
    ("question", "passage"),
    ("question", "sentence"),
    ("question", "context"),
    ("question", "answer"),
    ("prompt", "response"),
    ("headline", "body"),
    ("subject", "body"),
    ("subject", "message"),
    ("subject", "text"),
    ("subject", "content"),
    ("subject", "description"),
    ("title", "body"),
    ("title", "description"),
    ("title", "content"),
    ("title", "text"),
    ("title", "abstract"),
    ("title", "review"),
    ("source", "translation"),
    ("text", "text_pair"),
)
# Pairs of a text and the same text in other words.
REWRITTEN = (
    ("source", "target"),
    ("original", "rewritten"),
    ("original", "rewrite"),
    ("original", "edited"),
    ("original", "corrected"),
    ("original", "simplified"),
    ("original", "fixed"),
    ("broken", "fixed"),
    ("incorrect", "correct"),
    ("informal", "formal"),
    ("draft", "final"),
    ("before", "after"),
    ("complex", "simple"),
)
# Names in the languages of many offices, without accents. Left out is what means something else in
# English, or in another of them.
_FOREIGN = {
    "text": "texte texto testo tekst",
    "question": "frage pregunta pergunta domanda vraag",
    "answer": "antwort reponse respuesta resposta risposta antwoord",
    "message": "nachricht mensaje mensagem messaggio bericht",
    "comment": "kommentar commentaire comentario commento opmerking",
    "review": "rezension resena recensione recensie",
    "description": "beschreibung descripcion descricao descrizione omschrijving beschrijving",
    "subject": "betreff asunto assunto oggetto objet onderwerp",
    "title": "titel titre titulo titolo",
    "content": "inhalt contenu contenido conteudo contenuto inhoud",
    "sentence": "satz frase zin",
    "category": "kategorie categorie categoria",
    "class": "klasse classe clase",
    "label": "etikett etiquette etiqueta etichetta rotulo",
    "topic": "thema theme tema argomento",
    "sentiment": "stimmung sentimiento sentimento",
    "priority": "prioritat priorite prioridad prioridade priorita prioriteit",
    "department": "abteilung departamento dipartimento afdeling",
    "rating": "bewertung calificacion avaliacao valutazione beoordeling",
    "summary": "zusammenfassung resumen resumo riassunto samenvatting",
    "translation": "ubersetzung traduction traduccion traducao traduzione vertaling",
    "language": "sprache langue idioma lingua taal",
    "channel": "kanal canal canale kanaal",
    "date": "datum fecha",
    "number": "nummer numero",
}
_ENGLISH = {word: english for english, words in _FOREIGN.items() for word in words.split()}


def in_english(word: str) -> str:
    """The English name for what a lower-case word of another language names; else the word."""
    if not word.isascii():
        plain = unicodedata.normalize("NFKD", word)
        return _ENGLISH.get("".join(c for c in plain if not unicodedata.combining(c)), word)
    return _ENGLISH.get(word, word)
