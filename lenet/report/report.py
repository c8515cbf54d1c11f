"""The report: what came of one run, as Markdown and as a page that needs no other file."""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt

from lenet.core.errors import as_typed
from lenet.model.architecture import Network
from lenet.sources.split import TEST_COUNTS

# On the official USPS test set: error rate in percent, method, source.
PUBLISHED = (
    (5.0, "convolutional network of 1989", "LeCun et al. 1989"),
    (4.2, "LeNet-1", "LeCun et al. 1990"),
    (4.0, "support vector machine", "Schölkopf et al. 1995"),
    (2.5, "people", "Bromley and Säckinger 1991"),
    (2.5, "tangent distance", "Simard et al. 1993"),
    (2.2, "tangent distance, kernel densities, virtual data", "Keysers et al. 2000"),
    (1.9, "two-dimensional deformation model, P2DHMDM", "Keysers et al. 2007"),
)


def markdown(
    *,
    headline: Mapping[str, Any],
    training: Mapping[str, Any],
    per_class: pd.DataFrame,
    predictions: pd.DataFrame,
    cards: Mapping[str, Mapping[str, Any]],
    hashes: Mapping[str, tuple[str, str]],
    pictures: Mapping[str, str],
    params: Mapping[str, Any],
) -> str:
    """Return the report as Markdown (CommonMark with tables).

    Args:
        headline: see `evaluation.headline`.
        training: the last epoch of training: `step`, `loss`, `train_accuracy`, and
            `validation_accuracy` if there were validation images.
        per_class: see `evaluation.per_class`.
        predictions: see `evaluation.predictions_table`.
        cards: see `data_card.data_card`; by name of the data set, `training` and `test`.
        hashes: file and MD5 of what identifies the run, by what it is; `predictions` is among them.
        pictures: address of each picture by its name: confusion, mistakes, curves, digits, warps,
            filters, responses.
        params: what params.yaml holds.
    """
    # Any text of a person's own, such as a file's name, stays text.
    templates = _templates(finalize=_escaped)
    counts = {
        name: tuple(map(int, card["images_per_class"].split())) for name, card in cards.items()
    }
    return templates.get_template("report.md.jinja").render(
        headline=headline,
        training=training,
        digits=_digits(per_class, predictions),
        shared=int(predictions["train_index"].notna().sum()),
        published=PUBLISHED if counts["test"] == TEST_COUNTS else (),
        cards=cards,
        counts=counts,
        hashes=hashes,
        pictures=pictures,
        params=dict(_flat(params)),
        members=params["members"],
        layers=Network.check(**params["network"]).table().to_dict("records"),
    )


def page(text: str, folder: Path) -> str:
    """Return Markdown as an HTML page with its pictures in it.

    Args:
        text: what `markdown` returned.
        folder: that the addresses of the pictures, all of them PNG, start from.
    """
    # HTML in the text stays text.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        for part in token.children or ():
            if part.type == "image":
                picture = (folder / unquote(str(part.attrs["src"]))).read_bytes()
                part.attrs["src"] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    body = parser.renderer.render(tokens, parser.options, {})
    return _templates(autoescape=True).get_template("report.html.jinja").render(body=body)


def _templates(**settings: Any) -> Environment:
    return Environment(  # noqa: S701  (Markdown is escaped by `finalize`)
        loader=PackageLoader("lenet.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )


def _escaped(value: object) -> str:
    """Return `value` as text in which Markdown sees no mark."""
    return re.sub(r"([\\`*_\[\]<>|#~&@])", r"\\\1", re.sub(r"[\r\n]+", " ", str(value)))


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted name of each parameter and its value, as a user types them behind `-S`."""
    for name, value in sorted(params.items()):
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", as_typed(value)


def _digits(per_class: pd.DataFrame, predictions: pd.DataFrame) -> list[dict]:
    """Return the rows of `per_class`, each with more of its digit.

    `answers` counts those that were taken for it, `taken_for` names what it was taken for.
    """
    wrong = predictions[predictions["actual"] != predictions["predicted"]]
    rows = []
    for row in per_class.to_dict("records"):
        guesses = wrong.loc[wrong["actual"] == row["digit"], "predicted"]
        # The most frequent first, and of equals the lower digit.
        counts = guesses.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        taken_for = ", ".join(
            f"{digit} ({count})" if count > 1 else str(digit) for digit, count in counts.items()
        )
        answers = int((predictions["predicted"] == row["digit"]).sum())
        rows.append({**row, "answers": answers, "taken_for": taken_for})
    return rows
