"""What `after:` of a strategy may be written as, and what it then means.

lora                             another strategy of this project, by its name or kind: its settings
                                 take the place of its name
../support                       the strategy that another project recommends
{project: ../support, strategy: lora}    a strategy of another project
{kind: lora, ...}                a strategy that is fitted first

`retain`: a name, settings with a kind, or a list of both. `together`: a list of other projects,
each as `after` names one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.config.complaints import Complaint
from assay.config.project_text import Page
from assay.config.yamlfile import Place, describe_value
from assay.core.errors import did_you_mean

KEY = "after"


def resolve_after(compare: Any, page: Page) -> Any:
    """`compare` with every `after` as the settings of a strategy; what cannot be is left as it is
    and complained of: C121 no such strategy, C123 one that comes after itself."""
    if not isinstance(compare, list):
        return compare
    known = {name: item for item in compare if isinstance(item, dict) for name in _names(item)}
    out = []
    for index, item in enumerate(compare):
        place: Place = ("compare", index)
        out.append(_resolved(item, known, (), place, page))
    return out


def _names(item: dict[str, Any]) -> list[str]:
    """What others may call it; the kind where it has no name of its own."""
    return [name for name in (item.get("name") or item.get("kind"),) if isinstance(name, str)]


def _resolved(
    item: Any, known: dict[str, Any], seen: tuple[str, ...], place: Place, page: Page
) -> Any:
    if isinstance(item, list):
        return [_resolved(one, known, seen, (*place, i), page) for i, one in enumerate(item)]
    if not isinstance(item, dict):
        return item
    own = (*seen, *_names(item)) if "kind" in item else seen
    found = {
        key: _resolved(one, known, own, (*place, key), page)
        for key, one in item.items()
        if key != KEY
    }
    if "retain" in item and "kind" in item:
        found["retain"] = _remedies(item["retain"])
    if "together" in item and "kind" in item:
        some = item["together"] if isinstance(item["together"], list) else [item["together"]]
        found["together"] = [
            _settings(one, {}, own, (*place, "together", at), page) for at, one in enumerate(some)
        ]
    if KEY in item:
        found[KEY] = _settings(item[KEY], known, own, (*place, KEY), page)
    return found


def _settings(
    value: Any, known: dict[str, Any], seen: tuple[str, ...], place: Place, page: Page
) -> Any:
    if isinstance(value, dict):
        if "project" in value and "kind" not in value:
            return {"kind": "existing", **value}
        return _resolved(value, known, seen, place, page)
    if not isinstance(value, str):
        said = f"must name a strategy or a project, got {describe_value(value)}"
        page.add(Complaint("C072", place, said))
        return None
    if value in seen:
        page.add(Complaint("C123", place, _circle([*seen[seen.index(value) :], value])))
        return None
    if value in known:
        item = {key: one for key, one in known[value].items() if key != "name"}
        return _resolved(item, known, (*seen, value), place, page)
    if "/" in value or "\\" in value or value.endswith((".yaml", ".yml")) or value == "..":
        return {"kind": "existing", "project": value}
    there = did_you_mean(value, list(known)) or f"; there are {', '.join(known)}"
    text = f"no strategy here is called '{value}'{there}; another project is named by its folder"
    page.add(Complaint("C121", place, text))
    return None


def _remedies(value: Any) -> Any:
    some = value if isinstance(value, list) else [value]
    return [{"kind": one} if isinstance(one, str) else one for one in some]


def _circle(names: Sequence[str]) -> str:
    return f"goes round in a circle: {' after '.join(names)}; begin one of them from the base"
