"""Write the tables of README.md and docs/ that come from files of results.

    python tools/figures.py

A table stands between `<!-- figures: KIND ARGUMENT ... -->` and `<!-- end -->`, where KIND is a
function below. The pages are those of the current folder.
"""

import importlib
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parents[1]))

from lenet.raw.layout import Layout
from lenet.training.config import Config

ROOT = Path(__file__).parents[1]


def seeds(path: str, images: str, *keys: str) -> str:
    """Return error and log loss, on these images, of the networks that share the columns `keys`."""
    table = pd.read_csv(ROOT / path)
    table["rate"] = 100 * table[f"{images}_errors"] / table[f"{images}_images"]
    groups = table.groupby(list(keys), sort=False)
    rates = [
        f"{mean:.2f} ({low:.2f} to {high:.2f})" if low < high else f"{mean:.2f}"
        for mean, low, high in groups["rate"].agg(["mean", "min", "max"]).to_numpy()
    ]
    losses = groups[f"{images}_log_loss"].mean().map("{:.3f}".format)
    table = pd.DataFrame({"error %": rates, "log loss": losses}, index=losses.index)
    return markdown(table.reset_index())


def study(name: str) -> str:
    """Return the summary that a study prints of its table."""
    module = importlib.import_module(f"studies.{name}")
    return markdown(module.summary(pd.read_csv(ROOT / module.TABLE)))


def bench(title: str, *names: str) -> str:
    """Return the rows of these names from the table of bench/RESULTS.md whose title begins so."""
    section = (ROOT / "bench/RESULTS.md").read_text().partition(f"### {title}")[2]
    lines = section.split("\n\n")[1].splitlines()
    header, _, *rows = [re.split(r" *\| *", line.strip("| ")) for line in lines]
    return markdown(pd.DataFrame([row for row in rows if row[0] in names], columns=header))


def parameters(group: str = "") -> str:
    """Return the parameters of a group of params.yaml, or of its top level."""
    model = {**Config.__annotations__, "": Config, "raw": Layout}[group]
    described = re.findall(r"^([\w, ]+): (.+(?:\n {4}.+)*)", inspect.getdoc(model) or "", re.M)
    values = YAML(typ="safe").load(ROOT / "params.yaml")
    rows = []
    for names, meaning in described:
        for name in names.split(", "):
            value = (values[group] if group else values).get(name)
            if value is not None and not isinstance(value, dict):
                full = f"{group}.{name}" if group else name
                allowed = re.sub("^a (whole )?number ", "", model.model_fields[name].description)
                rows.append(
                    [f"`{full}`", str(value), allowed, " ".join(meaning.split()).strip(".")]
                )
    return markdown(pd.DataFrame(rows, columns=["parameter", "default", "range", "meaning"]))


def output(lines: str, *words: str) -> str:
    """Return the first lines that a command of `lenet` prints, as code."""
    command = [sys.executable, "-m", *words]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return "".join(f"    {line}\n" for line in printed.splitlines()[: int(lines)])


def markdown(table: pd.DataFrame) -> str:
    """Return the table as Markdown; numbers have four digits, and a missing one is blank."""
    cells = table.map(lambda cell: f"{cell:.4g}" if isinstance(cell, float) else str(cell))
    rows = [table.columns.str.replace("_", " "), ["---"] * table.shape[1], *cells.to_numpy()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows).replace(" nan ", "  ")


KINDS = {kind.__name__: kind for kind in (seeds, study, bench, parameters, output)}


def updated(text: str) -> str:
    """Return the text of a page with its tables made anew."""

    def made(mark: re.Match[str]) -> str:
        kind, *arguments = shlex.split(mark[2])
        return f"{mark[1]}\n{KINDS[kind](*arguments)}\n<!-- end -->"

    return re.sub(r"(<!-- figures: (.+) -->\n)(?:(?!<!--)[\s\S])*<!-- end -->", made, text)


if __name__ == "__main__":
    for page in [Path("README.md"), *Path("docs").glob("*.md")]:
        page.write_text(updated(page.read_text()))
