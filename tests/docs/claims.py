"""Sentences and tables of the pages whose figures come from files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from tests.docs.pages import Page
from tests.project import ROOT


@dataclass(frozen=True)
class Sentence:
    """Text of a page, with a replacement field as in `str.format` for each figure.

    page: the page's path.
    text: the text; white space stands for any white space.
    values: the figures by their names.
    """

    page: str
    text: str
    values: Mapping[str, Any]

    @property
    def expected(self) -> str:
        """The text with the files' values, with single blanks."""
        return " ".join(self.text.format(**self.values).split())

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression that finds the text, whatever its figures are."""
        parts = []
        for literal, name, _, _ in Formatter().parse(self.text):
            parts.append(r"\s+".join(map(re.escape, re.split(r"\s+", literal))))
            if name is not None:
                parts.append(r"(-?\d[\d.,]*(?<=\d))")
        return re.compile("".join(parts))

    def found(self, text: str) -> list[str]:
        """Return each place of a page that has the text, with single blanks."""
        return [" ".join(match[0].split()) for match in self.pattern.finditer(text)]

    def updated(self, text: str) -> str:
        """Return a page's text with the files' values."""
        values = [
            format(self.values[name], spec or "")
            for _, name, spec, _ in Formatter().parse(self.text)
            if name is not None
        ]

        def replaced(match: re.Match[str]) -> str:
            pieces, end = [], match.start()
            for group, value in enumerate(values, 1):
                pieces += [match.string[end : match.start(group)], value]
                end = match.end(group)
            return "".join([*pieces, match.string[end : match.end()]])

        return self.pattern.sub(replaced, text)

    def write(self) -> bool:
        """Write the files' values into the page; return whether it changed."""
        return _write(self.page, self.updated(Page(self.page).text))


@dataclass(frozen=True)
class Table:
    """A table of a page.

    page: the page's path.
    header: the first cells of the table's header.
    rows: the cells that a file gives, None for any text. A row is known by its first cell.
    complete: whether the table has no other rows.
    """

    page: str
    header: tuple[str, ...]
    rows: list[list[str | None]]
    complete: bool = True

    def found(self, page: Page) -> list[list[str]]:
        """Return the table's rows on the page: all of a complete table, or those of `rows`."""
        names = {row[0] for row in self.rows}
        return [row for row in page.table(*self.header) if self.complete or row[0] in names]

    def expected(self, page: Page) -> list[list[str]]:
        """Return `rows`, with the page's own text for None."""
        own = {row[0]: row for row in page.table(*self.header)}
        return [
            [own[str(row[0])][i] if cell is None else cell for i, cell in enumerate(row)]
            for row in self.rows
        ]

    def updated(self, page: Page) -> str:
        """Return the page's text with the files' values; other rows stay as they are."""
        block = page.block_of_table(*self.header)
        top, rows = block.splitlines()[:2], page.table(*self.header)
        new = {row[0]: row for row in self.expected(page)}
        values = list(new.values()) if self.complete else [new.get(row[0], row) for row in rows]
        if values == rows:
            return page.text
        lines = [*top, *(f"| {' | '.join(row)} |" for row in values)]
        return page.text.replace(block, "\n".join(lines) + "\n")

    def write(self) -> bool:
        """Write the files' values into the page; return whether it changed."""
        return _write(self.page, self.updated(Page(self.page)))


def _write(name: str, text: str) -> bool:
    changed = text != Page(name).text
    if changed:
        (ROOT / name).write_text(text)
    return changed
