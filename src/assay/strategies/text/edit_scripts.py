"""What turns one short text into another, as a script that turns other texts likewise.

Edit tree   the longest common substring stays, what stands left and right of it is turned by a tree
            of its own, or replaced: `walk` to `walked`, `sing` to `sang`
Pieces      words and numbers in another order, each as it is, in another case, with zeros or turned
            by a tree, and what stands between them: `2024-03-01` to `01.03.2024`
Which one   where a pair has several, the one that most pairs have
Source      Chrupala et al. (2008), Learning Morphology with Morfette, aclanthology.org/L08-1143;
            edit trees: Mueller et al. (2015), Joint Lemmatization and Morphological Tagging with
            Lemming, aclanthology.org/D15-1272. Pieces are those of programs by example: Gulwani
            (2011), doi.org/10.1145/1926385.1926423
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any

LONGEST = 60  # characters of a text that is turned
MOST = 16  # pieces of a text
SAMPLE, AGAIN = 400, 3  # pairs that are looked at; that have one script
SHORT, MOSTLY = 0.95, 0.5  # shares of them
_PIECE, _WORDS = re.compile(r"\d+|[^\W\d_]+|[\W_]+"), re.compile(r"a(?: a)+")

# None: as it is; (text, other): replaced; (left, right, tree, tree): characters on either side of
# what stays, and how each side is turned
Tree = Any
# a text between pieces; or (place of a piece, its change: a name of CHANGES, or a tree)
Part = str | tuple[int, Any]
Script = tuple[Any, ...]  # ("tree", a tree), or ("pieces", parts)

CHANGES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capital": str.capitalize,
    "initial": lambda piece: piece[:1],
    "short": lambda piece: piece[:3],
    "plain": lambda piece: piece.lstrip("0") or "0",
    "two digits": lambda piece: piece.zfill(2),
    "last two": lambda piece: piece[-2:],
}
_OF_NUMBERS = ("plain", "two digits", "last two")


def are_editable(pairs: Sequence[tuple[str, str]]) -> bool:
    """Are nearly all texts short, and do the scripts of most pairs come again in others?"""
    sample = pairs[:: -(-len(pairs) // SAMPLE) or 1]
    short = [pair for pair in sample if all(0 < len(text) <= LONGEST for text in pair)]
    if not short or len(short) < SHORT * len(sample):
        return False
    learnt = learn_scripts(short)
    counts = Counter(learnt)
    return sum(counts[script] >= AGAIN for script in learnt) >= MOSTLY * len(learnt)


def learn_scripts(pairs: Sequence[tuple[str, str]]) -> list[Script]:
    """For each pair of a text and what it becomes the script of those it has that most pairs
    have."""
    trees: list[Script] = [("tree", edit_tree(*pair)) for pair in pairs]
    pieces = _piece_scripts(pairs)
    counts = Counter([*trees, *(one for one in pieces if one is not None)])
    return [
        tree if other is None or counts[tree] >= counts[other] else other
        for tree, other in zip(trees, pieces, strict=True)
    ]


def apply_script(script: Script, text: str) -> str | None:
    """What the script makes of a text; None where it does not fit."""
    kind, body = script
    if kind == "tree":
        return apply_tree(body, text)
    pieces, made = _PIECE.findall(text), []
    for part in body:
        if isinstance(part, str):
            made.append(part)
            continue
        place, change = part
        if not -len(pieces) <= place < len(pieces) or not pieces[place][0].isalnum():
            return None
        piece = pieces[place]
        turned = CHANGES[change](piece) if change in CHANGES else apply_tree(change, piece)
        if turned is None:
            return None
        made.append(turned)
    return "".join(made)


def as_script(value: Any) -> Any:
    """A script from JSON, where its tuples are lists."""
    return tuple(map(as_script, value)) if isinstance(value, list) else value


def edit_tree(text: str, goal: str) -> Tree:
    if text == goal:
        return None
    same = SequenceMatcher(None, text, goal, autojunk=False).find_longest_match()
    if not same.size:
        return (text, goal)
    left = edit_tree(text[: same.a], goal[: same.b])
    right = edit_tree(text[same.a + same.size :], goal[same.b + same.size :])
    return (same.a, len(text) - same.a - same.size, left, right)


def apply_tree(tree: Tree, text: str) -> str | None:
    if tree is None:
        return text
    if len(tree) == 2:
        return tree[1] if text == tree[0] else None
    before, after, left, right = tree
    end = len(text) - after
    if end <= before:
        return None
    first, last = apply_tree(left, text[:before]), apply_tree(right, text[end:])
    return None if first is None or last is None else first + text[before:end] + last


def shape_of(text: str) -> str:
    """Its pieces: `0` for numbers, `a` for words, however many, and what stands between them."""
    kinds = (
        "0" if piece[0].isdigit() else "a" if piece[0].isalpha() else piece
        for piece in _PIECE.findall(text)
    )
    return _WORDS.sub("a", "".join(kinds))


def _piece_scripts(pairs: Sequence[tuple[str, str]]) -> list[Script | None]:
    """Of each pair, where there are several pieces: for each piece of the goal the way that most
    pairs of such shapes have for it; of equals the first."""
    ways = [_ways_of(*pair) for pair in pairs]
    shapes = [(shape_of(text), shape_of(goal)) for text, goal in pairs]
    counts = Counter(
        (shape, at, way)
        for shape, places in zip(shapes, ways, strict=True)
        for at, some in enumerate(places)
        for way in some
    )

    def best(shape: tuple[str, str], at: int, some: Sequence[Part]) -> Part:
        return max(some, key=lambda way: counts[shape, at, way])

    return [
        ("pieces", tuple(best(shape, at, some) for at, some in enumerate(places)))
        if places
        else None
        for shape, places in zip(shapes, ways, strict=True)
    ]


def _ways_of(text: str, goal: str) -> list[list[Part]]:
    """Of each piece of the goal where it may come from; places are counted from the start and from
    the end."""
    pieces, wanted = _PIECE.findall(text), _PIECE.findall(goal)
    if max(len(pieces), len(wanted)) not in range(2, MOST + 1):
        return []
    ways = [_same(pieces, piece) if piece[0].isalnum() else [piece] for piece in wanted]
    used = {way[0] for some in ways for way in some if not isinstance(way, str)}
    free = [at for at, piece in enumerate(pieces) if piece[0].isalnum() and at not in used]
    for some, piece in zip(ways, wanted, strict=True):
        if free and piece[0].isalnum():  # "March 3": 03 may be the month as well as the day
            some += _turned(pieces, free, piece)
        some += [] if some else [piece]
    return ways


def _same(pieces: Sequence[str], wanted: str) -> list[Part]:
    """The pieces that are the one that is wanted, as they are or changed."""
    names = [name for name in CHANGES if (name in _OF_NUMBERS) == wanted[0].isdigit()]
    found: list[Part] = [(at, None) for at, piece in enumerate(pieces) if piece == wanted]
    found += [
        (at, name)
        for name in names
        for at, piece in enumerate(pieces)
        if piece[0].isalnum() and CHANGES[name](piece) == wanted
    ]
    return [*found, *((place - len(pieces), change) for place, change in found)]  # pyrefly: ignore[unsupported-operation]


def _turned(pieces: Sequence[str], free: Sequence[int], wanted: str) -> list[Part]:
    """The free piece that has most in common with the one that is wanted, and its tree."""
    matcher = SequenceMatcher(None, "", wanted, autojunk=False)
    common = []
    for at in free:
        matcher.set_seq1(pieces[at])
        common.append(matcher.find_longest_match().size)
    best = free[common.index(max(common))]
    tree = edit_tree(pieces[best], wanted)
    return [(best, tree), (best - len(pieces), tree)]
