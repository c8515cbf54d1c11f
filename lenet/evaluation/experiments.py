"""All runs of the project in one table: workspace, branches and DVC's experiments."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dvc.api
import pandas as pd
from dvc.dvcfile import LOCK_FILE
from dvc.exceptions import DvcException
from dvc.repo import Repo
from ruamel.yaml import YAML
from tabulate import tabulate

from lenet.core.errors import InputError, as_typed
from lenet.core.params import flat, read
from lenet.evaluation.revisions import WORKSPACE

# The figures of merit: the name in DVC's table, and the name here.
_FIGURES = {
    "validation_loss": "validation loss",
    "validation_error": "validation error %",
    "errors": "test errors",
}
_DECIMALS = {"validation_loss": 4, "validation_error": 2, "errors": 1}


def load() -> pd.DataFrame:
    """Return a row for each run that has results, as DVC knows it.

    The columns are the name, the parameters by their dotted names, and three figures. These are
    validation_loss, validation_error in percent, and the errors in the test images. The column
    `inputs` tells code and data apart.

    Raises InputError outside of the project.
    """
    try:
        rows = dvc.api.exp_show(revs=["HEAD", *dvc.api.all_branches()])
    except DvcException as error:
        raise InputError(f"DVC cannot list the experiments ({error}).") from error
    params = list(flat(read(Path("params.yaml"))))
    runs = [run for run in (_row(values, params) for values in rows) if run]
    with Repo() as repo:
        return pd.DataFrame([run | {"inputs": _inputs(repo, run.pop("rev"))} for run in runs])


def _row(values: Mapping[str, Any], params: Sequence[str]) -> dict[str, Any] | None:
    """Return the row of a run, or None where the run failed, or has not ended."""
    errors = _number(values.get("errors"))
    if errors is None or values.get("State") in ("Failed", "Queued", "Running"):
        return None
    accuracy = _number(values.get("validation_accuracy"))
    return {
        "rev": values["rev"],
        "name": values.get("Experiment") or values["rev"],
        **{name: values.get(name) for name in params},
        "validation_loss": _number(values.get("validation_loss")),
        "validation_error": None if accuracy is None else 100 * (1 - accuracy),
        "errors": errors,
    }


def _inputs(repo: Repo, rev: str) -> str:
    """Return the hashes of the code, packages and raw files that a run was made from.

    DVC's table has them too, but loses those that a stage which never ran also depends on.
    """
    if rev == WORKSPACE:
        text = Path(LOCK_FILE).read_text()
    else:
        path = Path(LOCK_FILE).resolve().relative_to(repo.scm.root_dir)
        with repo.scm.get_fs(repo.scm.resolve_rev(rev)).open(str(path)) as file:
            text = file.read()
    made_by = YAML(typ="safe").load(text)["stages"].values()
    hashes = {dep["path"]: dep.get("md5") for stage in made_by for dep in stage.get("deps", ())}
    first = ("lenet/", "stages/", "requirements", "data/raw/", "data/sources/")
    return str(sorted(item for item in hashes.items() if item[0].startswith(first)))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def grouped(runs: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Return a row for each group of runs that differ in nothing but the seed.

    The columns are run, a name and
    how many there are more; the parameters that differ between the groups; and seeds, their number.
    Each figure has three columns, such as errors_mean, errors_low and errors_high.

    Args:
        runs: as `load` gives them.
        sort: the figure to sort by, the best first: validation_loss, validation_error or errors.
    """
    params = [str(name) for name in runs if name not in ("name", "inputs", *_FIGURES)]
    same = [name for name in (*params, "inputs") if name != "seed"]
    # The workspace often is the commit, or an experiment.
    runs = runs.astype(dict.fromkeys((*params, "inputs"), str))
    once = runs.groupby([*same, "seed", *_FIGURES], sort=False, dropna=False)["name"]
    runs = once.agg(", ".join).reset_index()
    rows = [_group(group, params) for _, group in runs.groupby(same, sort=False, dropna=False)]
    table = pd.DataFrame(rows)
    # DVC lists the workspace first, if it has results.
    first = runs.iloc[0]
    table.attrs["workspace"] = dict(first[params]) if first["name"].startswith(WORKSPACE) else {}
    alike = [name for name in params if len(set(table[name])) == 1]
    return table.drop(columns=alike).sort_values(f"{sort}_mean", kind="stable", ignore_index=True)


def _group(group: pd.DataFrame, params: list[str]) -> dict[str, Any]:
    """Return the row of runs that differ in nothing but the seed."""
    names = group["name"].tolist()
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    row = {"run": names[0] + more, **group[params].iloc[0], "seeds": len(group)}
    if len(group) > 1:
        row["seed"] = ""
    for figure in _FIGURES:
        values = group[figure]
        row[f"{figure}_mean"], row[f"{figure}_low"] = values.mean(), values.min()
        row[f"{figure}_high"] = values.max()
    return row


def as_text(table: pd.DataFrame) -> str:
    """Return the table of `grouped`, at most 100 characters wide.

    A row names the parameters that differ from the workspace, whose values are in params.yaml. All
    that differ between rows are named where the workspace has no results.
    """
    figures = [f"{figure}_{which}" for figure in _FIGURES for which in ("mean", "low", "high")]
    params = [str(name) for name in table if name not in ("run", "seeds", *figures)]
    cells = []
    for _, row in table.iterrows():
        changed = [
            f"{name}={as_typed(_plain(row[name]))}"
            for name in params
            if row[name] not in ("", table.attrs["workspace"].get(name))
        ] or ["as in params.yaml" if table.attrs["workspace"] else "those of all runs"]
        texts = [_spread(row, figure) for figure in _FIGURES]
        cells.append([_wrapped([row["run"]], 24), _wrapped(changed, 28), row["seeds"], *texts])
    headings = ["run", "parameters", "seeds", *_FIGURES.values()]
    return tabulate(
        cells, [heading.replace(" ", "\n", 1) for heading in headings], disable_numparse=True
    )


def _wrapped(words: list[str], width: int) -> str:
    return "\n".join(textwrap.wrap(" ".join(words), width, break_on_hyphens=False))


def _plain(text: str) -> object:
    """Return a parameter of DVC's table as it stands in params.yaml, where 60 is not 60.0."""
    try:
        return float(text)
    except ValueError:
        return text.replace(", ", ",")


def _spread(row: pd.Series, figure: str) -> str:
    """Return a figure, and below it its lowest and highest value if there are several."""
    mean, low, high = (row[f"{figure}_{which}"] for which in ("mean", "low", "high"))
    if pd.isna(mean):
        return ""
    decimals = _DECIMALS[figure]
    if row["seeds"] == 1:
        return f"{mean:.{0 if figure == 'errors' else decimals}f}"
    whole = 0 if figure == "errors" else decimals
    return f"{mean:.{decimals}f}\n{low:.{whole}f} to {high:.{whole}f}"
