"""The report as an HTML page that needs no other file."""

import base64
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markdown_it import MarkdownIt
from numpy.typing import NDArray


def render(markdown: str, folder: Path) -> str:
    """Return Markdown as an HTML page that contains its pictures.

    The page has contents, and its last section is folded.

    Args:
        markdown: the report as `markdown.render` returns it.
        folder: the addresses of the pictures start here; all pictures are PNG.
    """
    first, *sections = markdown.split("\n## ")
    headed = [section.partition("\n")[::2] for section in sections]
    return template("report.html.jinja", autoescape=True).render(
        title=first.partition("\n")[0].removeprefix("# "),
        headline=_html(first, folder),
        sections=[(heading, _html(body, folder)) for heading, body in headed],
    )


def _html(markdown: str, folder: Path) -> str:
    # HTML in the Markdown is shown as text.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    for token in tokens:
        for part in token.children or ():
            if part.type == "image":
                picture = (folder / unquote(str(part.attrs["src"]))).read_bytes()
                part.attrs["src"] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    return str(parser.renderer.render(tokens, parser.options, {}))


def template(name: str, **settings: Any) -> Template:
    """Return a template; a value that it lacks is an error. `settings` are those of Jinja."""
    loader = PackageLoader("lenet.report")
    settings |= {"undefined": StrictUndefined, "keep_trailing_newline": True}
    return Environment(loader=loader, **settings).get_template(name)  # noqa: S701


def packed(values: NDArray) -> str:
    """Return the bytes of an array as text, which a page's `unpacked` reads."""
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode()
