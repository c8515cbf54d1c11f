"""The report as Markdown."""

import re
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from lenet.core.errors import as_typed
from lenet.core.params import flat
from lenet.report.results import Results
from lenet.sources.usps import TEST_COUNTS

# The md5 of the test file of the source `usps-zip`, which a data card names as `raw_md5`.
_ZIP_TEST_MD5 = "f9350e940232b89f1dc8f8eacac88625"
# Folders of the sources of USPS digits.
_USPS = ("usps", "usps-libsvm", "usps-zip")
# Error rate in percent, method, source. All were measured on the rendering of `usps-zip`.
PUBLISHED = (
    (5.0, "convolutional network of 1989", "LeCun et al. 1989"),
    (4.2, "LeNet-1", "LeCun et al. 1990"),
    (4.0, "support vector machine", "Schölkopf et al. 1995"),
    (2.5, "people", "Bromley and Säckinger 1991"),
    (2.5, "tangent distance", "Simard et al. 1993"),
    (2.2, "tangent distance, kernel densities, virtual data", "Keysers et al. 2000"),
    (1.9, "two-dimensional deformation model, P2DHMDM", "Keysers et al. 2007"),
)


def render(results: Results) -> str:
    """Return the report as Markdown (CommonMark with tables).

    The addresses of its pictures start from the folder that `Results.load` reads.
    """
    counts = {
        name: tuple(each["images"] for each in card["classes"])
        for name, card in results.cards.items()
    }
    seen = results.predictions["train_index"].notna()
    templates = Environment(  # noqa: S701  (`finalize` escapes for Markdown)
        loader=PackageLoader("lenet.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_escaped,
    )
    return templates.get_template("report.md.jinja").render(
        headline=results.headline,
        training=results.training,
        classes=_classes(results.per_class, results.predictions),
        seen=int(seen.sum()),
        nearly_seen=int((results.predictions["near_train_index"].notna() & ~seen).sum()),
        official=counts["test"] == TEST_COUNTS,
        published=PUBLISHED if results.cards["test"]["raw_md5"] == _ZIP_TEST_MD5 else (),
        usps=Path(results.files["test file"].path).parent.name in _USPS,
        cards=results.cards,
        counts=counts,
        files=results.files,
        params={
            name: as_typed(value)
            for name, value in sorted(flat(results.config.model_dump()).items())
        },
        members=results.config.members,
        layers=results.config.network.table(results.config.classes),
    )


def _escaped(value: object) -> str:
    """Return `value` as Markdown that shows it as it is: a file's name may look like markup."""
    return re.sub(r"([\\`*_\[\]<>|#~&@])", r"\\\1", re.sub(r"[\r\n]+", " ", str(value)))


def _classes(per_class: pd.DataFrame, predictions: pd.DataFrame) -> list[dict]:
    """Return the rows of `per_class` as dictionaries with two more keys.

    `predicted` is the number of images that the class was predicted for; `taken_for` names the
    classes that its misclassified images were taken for.
    """
    wrong = predictions[predictions["actual"] != predictions["predicted"]]
    rows = []
    for row in per_class.to_dict("records"):
        guesses = wrong.loc[wrong["actual"] == row["class"], "predicted"]
        # The most frequent class comes first; equally frequent classes stand in their own order.
        counts = guesses.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        taken_for = ", ".join(
            f"{label} ({count})" if count > 1 else str(label) for label, count in counts.items()
        )
        predicted = int((predictions["predicted"] == row["class"]).sum())
        rows.append({**row, "predicted": predicted, "taken_for": taken_for})
    return rows
