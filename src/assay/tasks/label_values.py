"""Values that say of themselves what their column is: the classes of common tasks, and what rows
are reported by.

What it is for   tables without names, and with names that say nothing
Good when        nearly all rows have such a value: `positive` and `negatif`, `ham` and `spam`
Watch out        a name that says what the column is weighs more
"""

import re

from assay.tasks import column_names
from assay.tasks.columns import Column, rank

CLASSES = 0.6  # weight of a column whose values say that they are labels
ALONE, FEW = 0.25, 12  # of the only column of labels, and how many these may be
_MOSTLY = 0.6  # of the rows have such a value
_PART = re.compile(r"[\s_/.,:;()-]+")
_CLASSES: set[str] = set(
    # sentiment, in the languages of many data sets
    "positive negative neutral mixed pos neg neu positif negatif netral neutre negative positivo"
    " negativo neutro positiva negativa positiv negativ neutraal positief negatief olumlu olumsuz"
    " pozitif notr nötr tarafsiz pozytywny negatywny neutralny pozitivní negativní"
    " положительный отрицательный нейтральный позитивный негативный"
    " 正面 负面 中性 中立 积极 消极 正 负 긍정 부정 중립 ポジティブ ネガティブ ニュートラル"
    " إيجابي سلبي محايد tích tiêu"
    # inference, stance, truth
    " entailment contradiction entails contradicts supports refutes supported refuted"
    " favor favour against agree disagree discuss unrelated support deny"
    " true false real fake"
    # offence, spam, irony
    " hate hateful offensive abusive toxic nontoxic profanity insult normal off not hof"
    " spam ham sarcastic sarcasm irony ironic sexist racist"
    # emotions
    " joy anger sadness fear surprise disgust love happy sad angry happiness worry enthusiasm"
    " boredom anticipation trust"
    # other
    " relevant irrelevant subjective objective correct incorrect acceptable unacceptable"
    " informative uninformative duplicate formal informal".split()
)
_SURROUNDINGS: set[str] = set(
    "train dev test val valid validation male female m f man woman"
    " en de fr es it pt nl ru zh ja ko ar hi tr pl sv da fi no cs id vi th he fa ur bn"
    " english german french spanish italian portuguese dutch russian chinese japanese korean arabic"
    " hindi turkish polish indonesian".split()
)


def weight_of_values(column: Column, alone: bool) -> float:
    """How likely a column of few texts, whose name does not tell, is the label.

    Args:
        alone: no other column of the table has few texts.
    """
    usual = (
        rank(column, column_names.SLICE) >= 0.9
        or rank(column, column_names.GROUP) >= 0.9
        or "name" in column.tokens
        or says_surroundings(column)
    )
    if usual:
        return 0.1 / column.distinct**0.5
    if says_class(column):
        return CLASSES
    weight = 0.3 / column.distinct**0.5
    return max(weight, ALONE) if alone and column.distinct <= FEW else weight


def says_class(column: Column) -> bool:
    """Are most of its values classes of a common task?"""
    return column.distinct > 1 and _share(column, _CLASSES, parts=True) >= _MOSTLY


def says_surroundings(column: Column) -> bool:
    """Are they languages, splits, sexes: what results are reported by?"""
    return _share(column, _SURROUNDINGS, parts=False) >= _MOSTLY


def _share(column: Column, known: set[str], *, parts: bool) -> float:
    there = sum(
        count
        for value, count in column.values.items()
        if value.casefold() in known
        or (parts and not known.isdisjoint(_PART.split(value.casefold())))
    )
    return there / max(1, column.filled)
