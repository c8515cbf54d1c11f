"""The report as Markdown."""

import re
from collections import Counter

import pandas as pd

from lenet.core.errors import as_typed
from lenet.core.params import flat
from lenet.report.page import template
from lenet.report.results import Results
from lenet.sources.usps import TEST_COUNTS

# The md5 of the test file of the source `usps-zip`, which a data card names as `raw_md5`.
_ZIP_TEST_MD5 = "f9350e940232b89f1dc8f8eacac88625"
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
    test = results.cards["test"]
    seen = results.predictions["train_index"].notna()
    page = template("report.md.jinja", trim_blocks=True, lstrip_blocks=True, finalize=_escaped)
    return page.render(
        **vars(results),
        taken_for=[_taken_for(results.predictions, label) for label in results.per_class["class"]],
        seen=int(seen.sum()),
        nearly_seen=int((results.predictions["near_train_index"].notna() & ~seen).sum()),
        official=tuple(each["images"] for each in test["classes"]) == TEST_COUNTS,
        published=PUBLISHED if test["raw_md5"] == _ZIP_TEST_MD5 else (),
        params=sorted(flat(results.config.model_dump()).items()),
        layers=results.config.network.table(results.config.classes),
    )


def _escaped(value: object) -> str:
    """Return `value` as Markdown that shows it as it is: a file's name may look like markup."""
    text = re.sub(r"[\r\n]+", " ", as_typed(value))
    return re.sub(r"([\\`*_\[\]<>|#~&@])", r"\\\1", text)


def _taken_for(predictions: pd.DataFrame, label: int) -> str:
    """Return the classes that misclassified images of a class were taken for, and how often."""
    wrong = predictions[(predictions["actual"] == label) & (predictions["predicted"] != label)]
    # The most frequent class comes first; equally frequent classes stand in their own order.
    counts = Counter(sorted(wrong["predicted"])).most_common()
    return ", ".join(f"{guess} ({count})" if count > 1 else str(guess) for guess, count in counts)
