"""A written date moved by some days, in the form in which it was written."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

_NUMERIC = re.compile(r"(\d{1,4})([-/.]\s?)(\d{1,2})\2(\d{1,4})")
_NAMES = {
    "en": "January February March April May June July August"
    " September October November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August"
    " September Oktober November Dezember".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre".split(),
    "fr": "janvier février mars avril mai juin juillet août"
    " septembre octobre novembre décembre".split(),
}


def shift_date(text: str, by: timedelta) -> str | None:
    """None for what cannot be read as a date. Of 3/4/1970 nobody can tell day and month: the month
    is read first, as in the US, when it can be one; with dots the day comes first."""
    if found := _NUMERIC.fullmatch(text):
        return _numeric(found, by)
    month = re.search(r"[^\W\d_]{3,}", re.sub(r"\b(?:del|de|of)\b", "  ", text))
    numbers = re.findall(r"\d+", text)
    if not month or len(numbers) != 2:
        return None
    named = _month_named(month[0], dotted=re.match(r"\d{1,2}\.\s", text) is not None)
    if named is None:
        return None
    names, at = named
    then = _date(int(numbers[1]), at + 1, int(numbers[0]), by)
    if then is None:
        return None
    name = names[then.month - 1]
    if month[0].casefold() != names[at].casefold():  # Mar. for March
        name = name[:3]
    out = text.replace(month[0], _match_case(name, month[0]), 1)
    out = re.sub(r"(?<=\d)(?:st|nd|rd|th|er)\b", "", out)
    return out.replace(numbers[1], str(then.year)).replace(numbers[0], str(then.day), 1)


def _month_named(word: str, dotted: bool) -> tuple[Sequence[str], int] | None:
    """(names of the months in the language of `word`, its place among them). Of the languages that
    call it alike, German where a dot follows the day, else the one that writes it so."""
    low = word.casefold()
    found = [
        (low != name.casefold(), name[0].islower() != word[0].islower(), language, at)
        for language, names in _NAMES.items()
        for at, name in enumerate(names)
        if name.casefold().startswith(low[:4])
    ]
    if not found:
        return None
    _, _, language, at = min(
        found, key=lambda one: (one[0], dotted and one[2] != "de", not one[0] and one[1])
    )
    return _NAMES[language], at


def _match_case(name: str, like: str) -> str:
    return name.upper() if like.isupper() else name.lower() if like.islower() else name


def _numeric(found: re.Match[str], by: timedelta) -> str | None:
    first, sign, second, third = found.groups()
    one, two, three = int(first), int(second), int(third)
    if len(first) == 4:
        then = _date(one, two, three, by)
        if then is None:
            return None
        return f"{then.year:04d}{sign}{then.month:0{len(second)}d}{sign}{then.day:0{len(third)}d}"
    year = three if len(third) == 4 else 1900 + three if three > 30 else 2000 + three
    day_first = one > 12 or (sign.strip() == "." and two <= 12)
    then = _date(year, two, one, by) if day_first else _date(year, one, two, by)
    if then is None:
        return None
    a, b = (then.day, then.month) if day_first else (then.month, then.day)
    end = f"{then.year:04d}" if len(third) == 4 else f"{then.year % 100:02d}"
    return f"{a:0{len(first)}d}{sign}{b:0{len(second)}d}{sign}{end}"


def _date(year: int, month: int, day: int, by: timedelta) -> date | None:
    try:
        return date(year, month, day) - by
    except (ValueError, OverflowError):
        return None
