"""A section as HTML. Every number carries its exact value, and its place in report.json in
`data-at`; all text is escaped, control characters are made visible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from assay.presentation import section_spec as spec
from assay.presentation.number_format import NOTHING, clean, shorten
from assay.presentation.svg import Plot, badge


def render(section: spec.Section) -> Markup:
    """The section with its heading."""
    head = Markup('<section id="{}">\n<h2>{}</h2>\n').format(section.anchor, clean(section.title))
    return head + blocks_html(section.blocks) + Markup("</section>\n")


def blocks_html(blocks: Iterable[spec.Block]) -> Markup:
    return Markup("").join(map(_block, spec.present(blocks)))


def words_html(words: spec.Words) -> Markup:
    """A piece of running text."""
    match words:
        case str():
            return escape(clean(words))
        case spec.FormattedNumber():
            return number_html(words)
        case spec.Ends():
            return ends_html(words)
        case spec.Stacked(upper, lower):
            return Markup("{} <br>{}").format(words_html(upper), words_html(lower))
        case spec.Tag(inner):
            return Markup('<span class="tag">{}</span>').format(words_html(inner))
        case spec.Strong(inner):
            return Markup("<strong>{}</strong>").format(words_html(inner))
        case spec.Verbatim(text, learnt):
            kind = {None: 'span class="text"', True: "mark", False: 'span class="unlearnt"'}[learnt]
            return Markup(f"<{kind}>{{}}</{kind.split()[0]}>").format(clean(text))
        case spec.Badge(mark):
            return badge(mark)
        case spec.Code(text):
            return Markup("<code>{}</code>").format(clean(text))
        case spec.TextLink(anchor, text):
            return Markup('<a href="#{}">{}</a>').format(anchor, clean(text))
        case _:
            return Markup("").join(map(words_html, words))


def number_html(number: spec.FormattedNumber) -> Markup:
    words = spec.number_text(number)
    if number.value is None:
        return Markup('<span class="none">{}</span>').format(words)
    if not number.pointer:
        return escape(words)
    return Markup('<data value="{}" data-at="{}" data-as="{}">{}</data>').format(
        number.value, clean(number.pointer), number.shape, words
    )


def ends_html(ends: spec.Ends) -> Markup:
    if None in (ends.low.value, ends.high.value):
        return Markup('<span class="range none">{}</span>').format(spec.ends_text(ends))
    return Markup('<span class="range">{} to {}</span>').format(
        number_html(ends.low), number_html(ends.high)
    )


def figure_html(plot: Plot | None) -> Markup:
    """A plot with its caption, and under it the numbers that it was drawn from."""
    if plot is None:
        return Markup("")
    return Markup(
        '<figure>\n<div class="plot-box">{}</div>\n<figcaption>{}</figcaption>\n'
        '<details class="drill"><summary>The numbers of this plot</summary>\n{}</details>\n'
        "</figure>\n"
    ).format(plot.svg, clean(plot.caption), _table(spec.numbers_of(plot)))


def _block(block: spec.Block) -> Markup:
    match block:
        case spec.Paragraph(words, tone):
            return Markup("<p{}>{}</p>\n").format(_class(tone), words_html(words))
        case spec.SectionHeading(words, level):
            return Markup("<h{0}>{1}</h{0}>\n").format(level, words_html(words))
        case spec.Bullets(lines, tone):
            said = Markup("").join(Markup("<li>{}</li>").format(words_html(one)) for one in lines)
            return Markup("<ul{}>{}</ul>\n").format(_class(tone), said)
        case spec.Table():
            return _table(block)
        case spec.Figure(plot):
            return figure_html(plot)
        case spec.ItemList(items, width=width):
            rows = Markup("\n").join(_item(one, width) for one in items)
            return Markup('<ol class="rows">\n{}\n</ol>\n').format(rows)
        case spec.Details(summary, blocks, printed, opened):
            state = Markup(" open") if opened else _class("" if printed else "drill")
            return Markup("<details{}><summary>{}</summary>\n{}</details>\n").format(
                state, words_html(summary), blocks_html(blocks)
            )
        case spec.Facts(pairs):
            said = Markup("").join(
                Markup("<dt>{}</dt><dd>{}</dd>\n").format(words_html(name), words_html(value))
                for name, value in pairs
            )
            return Markup('<dl class="facts">\n{}</dl>\n').format(said)
        case spec.CardBlock(anchor, blocks):
            head = Markup('<article class="card" id="{}">\n').format(anchor)
            return head + blocks_html(blocks) + Markup("</article>\n")
        case spec.ListingBlock(words, wrapped=wrapped):
            style = _class("wrap" * wrapped)
            return Markup('<pre{} tabindex="0">{}</pre>\n').format(style, words_html(words))


def _class(*names: str) -> Markup:
    """The attribute; nothing where there are no names."""
    said = " ".join(name for name in names if name)
    return Markup(' class="{}"').format(said) if said else Markup("")


def _table(table: spec.Table) -> Markup:
    right = spec.right_columns(table)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_class("n" * at), words_html(words))
        for words, at in zip(table.columns, right, strict=True)
    )
    return Markup(
        '<div{} tabindex="0"><table{}>\n{}'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n"
    ).format(
        _class("scroll", "" if table.printed else "unprinted"),
        _class("wide" * table.wide),
        Markup("<caption>{}</caption>\n").format(clean(table.caption)) if table.caption else "",
        head,
        Markup("").join(_row(row, right) for row in table.rows),
    )


def _row(row: spec.TableRow | Sequence[spec.Cell], right: list[bool]) -> Markup:
    first, *others = spec.cells_of(row)
    cells = [
        Markup("<td{}>{}</td>").format(_class("n" * at, "none" * (cell is None)), _cell(cell))
        for cell, at in zip(others, right[1:], strict=True)
    ]
    head = Markup('<th scope="row"{}>{}</th>').format(_class("n" * right[0]), _cell(first))
    state = _class(row.state if isinstance(row, spec.TableRow) else "")
    return Markup("<tr{}>{}{}</tr>\n").format(state, head, Markup("").join(cells))


def _cell(cell: spec.Cell) -> Markup:
    return Markup(NOTHING) if cell is None else words_html(cell)


def _item(item: spec.Item, width: int) -> Markup:
    where = Markup('<div class="where">{}</div>').format(words_html(item.where))
    texts = Markup("").join(
        Markup('<p class="question text">{}</p>').format(_short(one, width)) for one in item.texts
    )
    facts = Markup("").join(
        Markup("<dt>{}</dt><dd{}>{}{}</dd>").format(
            clean(one.name),
            _class("text", one.state),
            _short(spec.fact_text(one), width),
            Markup(' <span class="none">({})</span>').format(clean(one.note)) if one.note else "",
        )
        for one in item.facts
    )
    listed = Markup("<dl>{}</dl>").format(facts) if facts else ""
    sides = Markup("").join(
        Markup('<div><div class="where">{}</div><p class="text">{}</p></div>').format(
            words_html(one.where), _short("\n".join(one.texts), width)
        )
        for one in item.beside
    )
    pair = Markup('<div class="pair">{}</div>').format(sides) if sides else ""
    parts = (where if item.where else "", texts, listed, pair)
    return Markup("<li>{}{}{}{}</li>").format(*parts)


def _short(text: str, width: int) -> str:
    return clean(shorten(text, width))
