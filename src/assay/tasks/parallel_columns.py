"""Columns that hold one text in several languages: two of them are a translation.

What it is for   tables whose columns are named by languages, and three columns or more whose texts
                 are about as long as each other in every row
Which two        the first, and the English one, else the second; the others are named
Watch out        two texts of one length without such names may be anything
"""

import re
from collections.abc import Sequence

from assay.tasks.columns import Column, Row, value_at, words_of
from assay.tasks.row_shapes import Shaped
from assay.tasks.text_overlap import lengths_agree

LOOKED_AT = 500  # rows
# Spread and shift of lengths, see `lengths_agree`; a script without blanks is much shorter.
_ALIKE, _NAMED = (0.42, 0.7), (0.5, 2.5)
_SCRIPT = re.compile(r"(?<=[a-z]{3})_[A-Z][a-z]{3}(?![a-z])")  # of eng_Latn
_ENGLISH = {"en", "eng", "english"}
_CODES = set(
    "ab aa af ak sq am ar an hy as av ae ay az bm ba eu be bn bh bi bs br bg my ca ch ce ny zh"
    " cv kw co cr hr cs da dv nl dz en eo et ee fo fj fi fr ff gl ka de el gn gu ht ha he hz hi"
    " ho hu ia id ie ga ig ik io is it iu ja jv kl kn kr ks kk km ki rw ky kv kg ko ku kj la lb"
    " lg li ln lo lt lu lv gv mk mg ms ml mt mi mr mh mn na nv nd ne ng nb nn no ii nr oc oj cu"
    " om or os pa pi fa pl ps pt qu rm rn ro ru sa sc sd se sm sg sr gd sn si sk sl so st es su"
    " sw ss sv ta te tg th ti bo tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa cy wo fy xh"
    " yi yo za zu".split()
)
_CODES |= set(
    "eng deu ger fra fre spa ita por nld dut rus ukr pol ces cze slk hun ron tur ell ara heb"
    " fas hin ben urd tam tel mar guj pan tha vie ind msa jav sun ban zho chi cmn yue jpn kor"
    " swa hau yor ibo amh zul xho cat eus glg dan swe nor nob fin isl est lav lit bul srp hrv"
    " slv mkd".split()
)
_CODES |= set(
    "english german french spanish italian portuguese dutch russian ukrainian polish czech"
    " slovak hungarian romanian turkish greek arabic hebrew persian farsi hindi bengali urdu"
    " tamil telugu marathi gujarati punjabi thai vietnamese indonesian malay javanese sundanese"
    " balinese chinese mandarin cantonese japanese korean swahili hausa yoruba igbo amharic zulu"
    " xhosa catalan basque galician danish swedish norwegian finnish icelandic estonian latvian"
    " lithuanian bulgarian serbian croatian slovenian macedonian latin irish welsh nepali"
    " sinhala burmese khmer lao mongolian kazakh uzbek azerbaijani armenian georgian somali"
    " afrikaans tagalog filipino".split()
)


def language_of(name: str) -> str:
    """The language that a name or code means, `pt_BR` or `eng_Latn` too, in lower case; "" where
    it means none."""
    base = re.split(r"[_-]", name.strip().casefold())
    return name.strip().casefold() if base[0] in _CODES and len(base) <= 2 else ""


def translations(
    texts: Sequence[Column], rows: Sequence[Row], *, alone: bool
) -> list[tuple[Shaped, float]]:
    """Two columns of one text in two languages, and how likely that is; [] where there are none.

    Args:
        texts: columns of free text. alone: nothing else in the rows looks like a target, so that
            lengths tell where names do not.
    """
    languages = _by_language(texts)
    named = _agreeing(languages[0] if languages else [], rows, *_NAMED)
    same = named if len(named) > 1 or not alone else _agreeing(texts, rows, *_ALIKE)
    if len(same) < (2 if same is named else 3):
        return []
    english = next((one for one in same[1:] if _ENGLISH & set(words_of(one.name))), same[1])
    first, others = same[0], [one.name for one in same if one not in (same[0], english)]
    why = f"the target is '{english.name}': it says the same as '{first.name}' in another language"
    if others:
        shown = ", ".join(f"'{name}'" for name in others[:6])
        why += (
            f", as do {shown}{' and others' if len(others) > 6 else ''}; name two in data.columns"
        )
    shaped = Shaped("rewrite", {"text": first.name, "answer": english.name}, why)
    # a question and its answer in several languages may ask for either
    likely = 1.0 if len(languages) == 1 else 0.4
    return [(shaped, likely if same is named else 0.25)]


def _by_language(texts: Sequence[Column]) -> list[list[Column]]:
    """Columns whose names differ by nothing but the code or name of a language, most first."""
    stems: dict[tuple[str, ...], list[Column]] = {}
    for column in texts:
        words = words_of(_SCRIPT.sub("", column.name))
        if (at := next((at for at, word in enumerate(words) if word in _CODES), None)) is not None:
            stems.setdefault((*words[:at], "*", *words[at + 1 :]), []).append(column)
    several = [some for some in stems.values() if len(some) > 1]
    return sorted(several, key=len, reverse=True)


def _agreeing(
    texts: Sequence[Column], rows: Sequence[Row], spread: float, shift: float
) -> list[Column]:
    """The first column and those whose texts are about as long as its, row by row."""
    some = rows[:LOOKED_AT]

    def agrees(other: Column) -> bool:
        pairs = ((value_at(row, texts[0].name), value_at(row, other.name)) for row in some)
        return lengths_agree(pairs, spread, shift)

    return [texts[0], *filter(agrees, texts[1:])] if texts else []
