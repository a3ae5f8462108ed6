"""What was drawn: the shapes of a plot's SVG and their places."""

from xml.etree import ElementTree

from assay.presentation.svg import Plot


def svg(plot: Plot) -> ElementTree.Element:
    """The drawing; it is well-formed XML."""
    return ElementTree.fromstring(str(plot.svg))


def places(path: str) -> list[tuple[float, float]]:
    """The points of a line."""
    return [(float(x), float(y)) for x, y in (point.split(",") for point in path.split())]


def of_class(plot: Plot, tag: str, style: str) -> list[ElementTree.Element]:
    return [one for one in svg(plot).iter(tag) if style in (one.get("class") or "").split()]
