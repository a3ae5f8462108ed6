"""A section as HTML. Every number carries its exact value, and its place in report.json in
`data-at`; all text is escaped, control characters are made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from markupsafe import Markup, escape

from assay.presentation import section_spec as spec
from assay.presentation.number_format import NOTHING, clean, shorten
from assay.presentation.svg import Plot, badge
from assay.presentation.table_csv import table_csv


def render(section: spec.Section) -> Markup:
    """The section with its heading."""
    head = fill('<section id="{}">\n<h2>{}</h2>\n', section.anchor, clean(section.title))
    return head + blocks_html(section.blocks) + Markup("</section>\n")


def fill(template: str, *parts: object) -> Markup:
    """HTML with the parts in its braces, escaped where they are plain text. A page asks two
    thousand times, and half of its time was `Markup.format`'s."""
    return Markup(template.format(*map(escape, parts)))


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
            return fill("{} <br>{}", words_html(upper), words_html(lower))
        case spec.Tag(inner):
            return fill('<span class="tag">{}</span>', words_html(inner))
        case spec.Strong(inner):
            return fill("<strong>{}</strong>", words_html(inner))
        case spec.Verbatim(text, learnt):
            kind = {None: 'span class="text"', True: "mark", False: 'span class="unlearnt"'}[learnt]
            return fill(f"<{kind}>{{}}</{kind.split()[0]}>", clean(text))
        case spec.Badge(mark):
            return badge(mark)
        case spec.Code(text):
            return fill("<code>{}</code>", clean(text))
        case spec.TextLink(anchor, text):
            return fill('<a href="#{}">{}</a>', anchor, clean(text))
        case _:
            return Markup("").join(map(words_html, words))


def number_html(number: spec.FormattedNumber) -> Markup:
    words = spec.number_text(number)
    if number.value is None:
        return fill('<span class="none">{}</span>', words)
    if not number.pointer:
        return escape(words)
    return fill(
        '<data value="{}" data-at="{}" data-as="{}">{}</data>',
        number.value,
        clean(number.pointer),
        number.shape,
        words,
    )


def ends_html(ends: spec.Ends) -> Markup:
    if None in (ends.low.value, ends.high.value):
        return fill('<span class="range none">{}</span>', spec.ends_text(ends))
    return fill(
        '<span class="range">{} to {}</span>', number_html(ends.low), number_html(ends.high)
    )


def figure_html(plot: Plot | None) -> Markup:
    """A plot with its caption, and under it the numbers that it was drawn from."""
    if plot is None:
        return Markup("")
    narrow = (
        Markup("")
        if plot.narrow is None
        else fill('<div class="narrow-plot">{}</div>\n', plot.narrow)
    )
    return fill(
        '<figure>\n<div class="plot-box">{}</div>\n{}<figcaption>{}</figcaption>\n'
        '<details class="drill"><summary>The numbers of this plot</summary>\n{}</details>\n'
        "</figure>\n",
        plot.svg,
        narrow,
        clean(plot.caption),
        _table(spec.numbers_of(plot)),
    )


def _block(block: spec.Block) -> Markup:
    match block:
        case spec.Paragraph(words, tone):
            return fill("<p{}>{}</p>\n", _class(tone), words_html(words))
        case spec.SectionHeading(words, level):
            return fill("<h{0}>{1}</h{0}>\n", level, words_html(words))
        case spec.Bullets(lines, tone):
            said = Markup("").join(fill("<li>{}</li>", words_html(one)) for one in lines)
            return fill("<ul{}>{}</ul>\n", _class(tone), said)
        case spec.Table():
            return _table(block)
        case spec.Figure(plot):
            return figure_html(plot)
        case spec.ItemList(items, width=width):
            rows = Markup("\n").join(_item(one, width) for one in items)
            return fill('<ol class="rows">\n{}\n</ol>\n', rows)
        case spec.Details(summary, blocks, printed, opened):
            state = Markup(" open") if opened else _class("" if printed else "drill")
            return fill(
                "<details{}><summary>{}</summary>\n{}</details>\n",
                state,
                words_html(summary),
                blocks_html(blocks),
            )
        case spec.Facts(pairs):
            said = Markup("").join(
                fill("<dt>{}</dt><dd>{}</dd>\n", words_html(name), words_html(value))
                for name, value in pairs
            )
            return fill('<dl class="facts">\n{}</dl>\n', said)
        case spec.CardBlock(anchor, blocks):
            head = fill('<article class="card" id="{}">\n', anchor)
            return head + blocks_html(blocks) + Markup("</article>\n")
        case spec.ListingBlock(words, wrapped=wrapped):
            style = _class("wrap" * wrapped)
            return fill('<pre{} tabindex="0">{}</pre>\n', style, words_html(words))


def _class(*names: str) -> Markup:
    """The attribute; nothing where there are no names."""
    said = " ".join(name for name in names if name)
    return fill(' class="{}"', said) if said else Markup("")


def _table(table: spec.Table) -> Markup:
    right = spec.right_columns(table)
    head = Markup("").join(
        fill('<th scope="col"{}>{}</th>', _class("n" * at), words_html(words))
        for words, at in zip(table.columns, right, strict=True)
    )
    return fill(
        '<div{} tabindex="0"><table{}>\n{}'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table>{}</div>\n",
        _class("scroll", "" if table.printed else "unprinted"),
        _class("wide" * table.wide),
        fill("<caption>{}</caption>\n", clean(table.caption)) if table.caption else "",
        head,
        Markup("").join(_row(row, right) for row in table.rows),
        _download(table) if len(table.rows) > 1 else "",
    )


def _download(table: spec.Table) -> Markup:
    """The table as CSV, in the page itself."""
    name = re.sub(r"[^a-z0-9]+", "-", table.caption.lower())[:40].strip("-") or "table"
    return fill(
        '<a class="csv" download="{}.csv" aria-label="CSV: {}"'
        ' href="data:text/csv;charset=utf-8,{}">CSV</a>',
        name,
        clean(table.caption) or "the table above",
        quote(table_csv(table), safe=" ,.;:/()!*"),
    )


def _row(row: spec.TableRow | Sequence[spec.Cell], right: list[bool]) -> Markup:
    first, *others = spec.cells_of(row)
    cells = [
        fill("<td{}>{}</td>", _class("n" * at, "none" * (cell is None)), _cell(cell))
        for cell, at in zip(others, right[1:], strict=True)
    ]
    head = fill('<th scope="row"{}>{}</th>', _class("n" * right[0]), _cell(first))
    state = _class(row.state if isinstance(row, spec.TableRow) else "")
    return fill("<tr{}>{}{}</tr>\n", state, head, Markup("").join(cells))


def _cell(cell: spec.Cell) -> Markup:
    return Markup(NOTHING) if cell is None else words_html(cell)


def _item(item: spec.Item, width: int) -> Markup:
    where = fill('<div class="where">{}</div>', words_html(item.where))
    texts = Markup("").join(
        fill('<p class="question text">{}</p>', _short(one, width)) for one in item.texts
    )
    facts = Markup("").join(
        fill(
            "<dt>{}</dt><dd{}>{}{}</dd>",
            clean(one.name),
            _class("text", one.state),
            _short(spec.fact_text(one), width),
            fill(' <span class="none">({})</span>', clean(one.note)) if one.note else "",
        )
        for one in item.facts
    )
    listed = fill("<dl>{}</dl>", facts) if facts else ""
    sides = Markup("").join(
        fill(
            '<div><div class="where">{}</div><p class="text">{}</p></div>',
            words_html(one.where),
            _short("\n".join(one.texts), width),
        )
        for one in item.beside
    )
    pair = fill('<div class="pair">{}</div>', sides) if sides else ""
    parts = (where if item.where else "", texts, listed, pair)
    return fill("<li>{}{}{}{}</li>", *parts)


def _short(text: str, width: int) -> str:
    return clean(shorten(text, width))
