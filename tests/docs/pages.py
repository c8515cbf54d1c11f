"""The project's pages as Markdown: their code, tables, links and headings."""

import re
from dataclasses import dataclass
from functools import cached_property

from tests.project import ROOT

NAMES = [
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")),
]

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Page:
    """A page, by its path from the project's root."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text()

    @cached_property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return _FENCED.sub("", self.text)

    @cached_property
    def blocks(self) -> list[str]:
        """The blocks of code, fenced or indented; not the diagrams."""
        fenced = [block for kind, block in _FENCED.findall(self.text) if kind != "mermaid"]
        return [*fenced, *re.findall(r"(?<=\n\n)((?: {4,}.*\n|\n(?= {4}))+)", self.prose)]

    @cached_property
    def code(self) -> list[str]:
        """The blocks of code and the code within sentences; lines that end in \\ are joined."""
        sentences = re.sub(r"^ {4,}.*$", "", self.prose, flags=re.M)
        inline = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", sentences)
        return [re.sub(r"\\\n\s*", "", code) for code in (*self.blocks, *inline)]

    @property
    def lines(self) -> list[str]:
        """The lines of all code, without comments."""
        return [
            re.sub(r"\s+# .*", "", line).strip() for code in self.code for line in code.split("\n")
        ]

    def table(self, *header: str) -> list[list[str]]:
        """Return the rows of the table whose first cells are `header`, as text."""
        return [cells(line) for line in self.block_of_table(*header).splitlines()[2:]]

    def block_of_table(self, *header: str) -> str:
        """Return the text of the table whose first cells are `header`."""
        for block in re.findall(r"(?:^\|.*\|\n)+", self.text, re.M):
            if cells(block.partition("\n")[0])[: len(header)] == list(header):
                return block
        raise AssertionError(f"{self.name}: no table that begins | {' | '.join(header)} |")

    @property
    def links(self) -> list[str]:
        """The targets of all links and pictures."""
        return re.findall(r"\]\(([^)\s]+)\)", self.text)

    @property
    def anchors(self) -> set[str]:
        """The headings, as GitHub names them in addresses."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def cells(line: str) -> list[str]:
    """Return the cells of a line of a table."""
    return [cell.strip() for cell in line.strip()[1:-1].split("|")]


PAGES = [Page(name) for name in NAMES]
