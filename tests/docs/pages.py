"""The project's pages as Markdown: their code, links and headings."""

import re
from dataclasses import dataclass
from functools import cached_property

from tests.project import ROOT

NAMES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
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
    def lines(self) -> list[str]:
        """The lines of all code, in blocks and in sentences, without comments.

        Lines that end in a backslash are joined.
        """
        sentences = re.sub(r"^ {4,}.*$", "", self.prose, flags=re.M)
        inline = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", sentences)
        code = re.sub(r"\\\n\s*", "", "\n".join([*self.blocks, *inline]))
        return [re.sub(r"\s+# .*", "", line).strip() for line in code.split("\n")]

    @property
    def links(self) -> list[str]:
        """The targets of all links and pictures."""
        return re.findall(r"\]\(([^)\s]+)\)", self.text)

    @property
    def anchors(self) -> set[str]:
        """The headings, as GitHub names them in addresses."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = [Page(name) for name in NAMES]
