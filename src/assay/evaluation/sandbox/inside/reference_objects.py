"""What an object should be: the tests' own objects, made a second time of the reference's classes,
by the checker.

Why    the program learns all that a test makes of its classes (`P(9)` is made in its sandbox), so
       nothing that it says of such an object is worth anything; the reference's class is the row's
       own, and runs on the checker's side
How    a recipe: the class, what it was called with, and what the test did with the object
       afterwards
Fails  without a word: there is then no twin, and no verdict
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from assay.evaluation.sandbox.inside.shape import (
    ObjectShape,
    drop_names,
    names,
    pack_shape,
    rebuilt,
    unpack_shape,
)


class Recipe:
    """A class of the reference's, or a method of it that makes an object, what it was called with,
    and what was done then: (attributes that lead to the place, "set" or "call", name, what
    with)."""

    def __init__(self, name: str, args: tuple[Any, ...], named: dict[str, Any]):
        self.name, self.args, self.named = name, args, named
        self.steps: list[tuple[tuple[str, ...], str, str, Any]] = []

    def used(self) -> list[Any]:
        """All that it was given."""
        found = [*self.args, *self.named.values()]
        for _, verb, _, given in self.steps:
            found += [given] if verb == "set" else [*given[0], *given[1].values()]
        return found


# what an object is held to be: one that the test has made, or one of the program's
Side = Recipe | ObjectShape | None


class ProgramStandIn:
    """Something of the program's that a test has in its hands."""

    def _recipe(self) -> Recipe | None:
        """How the test made it; None for what the program has given."""
        return None


class Reference:
    """The reference's names, run when they are first needed."""

    def __init__(self, source: str, imports: str):
        self.source, self.imports = source, imports
        self._space: dict[str, Any] | None = None

    @property
    def space(self) -> dict[str, Any]:
        if self._space is None:
            self._space = {"__name__": "reference"}
            try:
                exec(compile(self.imports, "<imports>", "exec"), self._space)
                exec(compile(self.source, "<reference>", "exec"), self._space)
            except BaseException:  # noqa: BLE001 - of a program that may raise anything
                self._space.clear()
        return self._space

    def is_class(self, name: str) -> bool:
        return isinstance(self.space.get(name), type)

    def build(self, recipe: Recipe, done: dict[int, Any]) -> Any:
        """The twin. `done`: those that are made already, by the recipe's place in memory.

        Raises:
            Exception: whatever the reference raises. LookupError: a part has no recipe.
        """
        if id(recipe) in done:
            return done[id(recipe)]

        def twin_of(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return type(value)(map(twin_of, value))
            if not isinstance(value, ProgramStandIn):
                return value
            if (part := value._recipe()) is None:
                raise LookupError("an object that the program has made")
            return self.build(part, done)

        first, *rest = recipe.name.split(".")
        maker = reduce(getattr, rest, self.space[first])
        one = maker(
            *map(twin_of, recipe.args),
            **{name: twin_of(value) for name, value in recipe.named.items()},
        )
        done[id(recipe)] = one
        for path, verb, name, what in recipe.steps:
            place = reduce(getattr, path, one)
            if verb == "set":
                setattr(place, name, twin_of(what))
            else:
                args, named = what
                getattr(place, name)(
                    *map(twin_of, args), **{key: twin_of(value) for key, value in named.items()}
                )
        return one

    def twin(self, side: Side) -> Any:
        """An object of the reference's; None where there can be none."""
        try:
            if isinstance(side, Recipe):
                return self.build(side, {})
            return rebuilt(side, self.space) if isinstance(side, ObjectShape) else None
        except BaseException:  # noqa: BLE001 - as above
            return None

    def equal(self, one: Side, two: Side) -> bool | None:
        """Are both the same? By what they hold, and where the reference says when its objects are
        equal, as it says. None where it cannot be told."""
        twins = [self.twin(one), self.twin(two)]
        own = all(twin is not None for twin in twins) and type(twins[0]).__eq__ is not object.__eq__
        said = self.call_method("__eq__", twins) if own else None
        if isinstance(one, Recipe) and isinstance(two, Recipe) and said is not None:
            return said
        first, second = (
            unpack_shape(pack_shape(t)) if isinstance(s, Recipe) else s
            for s, t in zip((one, two), twins, strict=True)
        )
        if (
            not isinstance(first, ObjectShape)
            or not isinstance(second, ObjectShape)
            or not first.attributes
        ):
            return None
        if first == second:
            return True
        if said is not None:
            return said
        if names(first) == names(second):
            return False
        return True if drop_names(first) == drop_names(second) else None

    def less(self, one: Side, two: Side) -> bool | None:
        """Does the reference put the first before the second? None where it cannot be told."""
        twins = [self.twin(one), self.twin(two)]
        return (
            self.call_method("__lt__", twins) if all(twin is not None for twin in twins) else None
        )

    def call_method(self, name: str, twins: list[Any]) -> bool | None:
        try:
            said = getattr(type(twins[0]), name)(*twins)
        except BaseException:  # noqa: BLE001 - as above
            return None
        return said if isinstance(said, bool) else None
