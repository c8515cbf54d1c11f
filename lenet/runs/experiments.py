"""All runs of the project in one table: workspace, branches and DVC's experiments."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from tabulate import tabulate

from lenet.core.errors import InputError, as_typed
from lenet.core.params import flat, read

# Each figure of merit: its heading, and the decimals of a mean and of a single run.
FIGURES = {
    "validation_loss": ("validation\nloss", 4, 4),
    "validation_error": ("validation\nerror %", 2, 2),
    "errors": ("test\nerrors", 1, 0),
}
# Runs of different code, packages or data share no row, whatever their parameters.
_INPUTS = ("lenet/", "stages/", "requirements", "data/")
# With these widths of run and parameters, the table on the screen has at most 100 characters.
_WIDTHS = (18, 29)


def current() -> dict[str, str]:
    """Return the parameters of params.yaml by their dotted names, as a user types them."""
    return {name: as_typed(value) for name, value in flat(read(Path("params.yaml"))).items()}


def load(*revs: str) -> pd.DataFrame:
    """Return a row for each run that has results, as DVC knows it.

    The runs are the workspace, and these revisions with their experiments; without any, they are
    HEAD and the branches.

    The columns are name, the parameters as `current` gives them, and three figures. These are
    validation_loss, validation_error in percent, and the errors in the test images. The column
    `inputs` tells code and data apart, as JSON: the hash of each path.

    Raises InputError outside of the project.
    """
    try:
        runs = dvc.api.exp_show(revs=revs or ["HEAD", *dvc.api.all_branches()])
    except DvcException as error:
        raise InputError("", f"DVC cannot list the experiments ({error})") from error
    params, rows = list(current()), []
    for run in runs:
        # DVC shows "!" in place of a figure if the run was interrupted.
        figures = {name: value for name, value in run.items() if isinstance(value, int | float)}
        has_ended = run.get("State") not in ("Failed", "Queued", "Running")
        if not (has_ended and "errors" in figures):
            continue
        accuracy = figures.get("validation_accuracy")
        row = {
            "name": run.get("Experiment") or run["rev"],
            **{name: _as_typed(run.get(name, "")) for name in params},
            "validation_loss": figures.get("validation_loss"),
            "validation_error": None if accuracy is None else 100 * (1 - accuracy),
            "errors": figures["errors"],
            # DVC shows None for a file that only other runs have.
            "inputs": json.dumps(
                {path: run[path] for path in sorted(run) if path.startswith(_INPUTS) and run[path]}
            ),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _as_typed(value: object) -> str:
    # DVC writes a list and a truth value as Python does.
    is_python = isinstance(value, str) and (value.startswith("[") or value in ("True", "False"))
    return as_typed(ast.literal_eval(str(value)) if is_python else value)


def grouped(runs: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Return a row for each group of runs that differ in nothing but the seed.

    The columns are run, a name and how many there are more; the parameters; seeds, their number;
    and, for each figure, three columns, such as errors_mean, errors_low and errors_high. The
    parameter seed is blank if there are several.

    Args:
        runs: as `load` gives them.
        sort: the figure to sort by, the best first: validation_loss, validation_error or errors.
    """
    same = [str(name) for name in runs if name not in ("name", "seed", *FIGURES)]
    # The workspace often is the commit, or an experiment.
    names = runs.groupby([*same, "seed", *FIGURES], sort=False, dropna=False)["name"]
    once = names.agg(", ".join).reset_index()
    # Other figures of the same seed are of other code: where stages ran with different code, as
    # after `dvc repro evaluate`, DVC tells only the code of one of them.
    once["version"] = once.groupby([*same, "seed"]).cumcount()
    measures = {"mean": "mean", "low": "min", "high": "max"}
    table = once.groupby([*same, "version"], sort=False, as_index=False).agg(
        run=("name", _first_and_more),
        seed=("seed", lambda seeds: seeds.iloc[0] if len(seeds) == 1 else ""),
        seeds=("seed", "size"),
        **{
            f"{figure}_{name}": (figure, measure)
            for figure in FIGURES
            for name, measure in measures.items()
        },
    )
    table.insert(0, "run", table.pop("run"))
    table = table.drop(columns=["inputs", "version"])
    return table.sort_values(f"{sort}_mean", kind="stable", ignore_index=True)


def _first_and_more(names: pd.Series) -> str:
    return names.iloc[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def as_text(table: pd.DataFrame, params: Mapping[str, str]) -> str:
    """Return the table of `grouped`, at most 100 characters wide.

    A row names the parameters that differ from `params`, those of params.yaml.
    """
    cells = []
    for _, row in table.iterrows():
        changed = [f"{name}={row[name]}" for name in params if row[name] not in ("", params[name])]
        figures = [_spread(row, figure) for figure in FIGURES]
        parameters = " ".join(changed) or "as in params.yaml"
        cells.append([row["run"], parameters, row["seeds"], *figures])
    headings = ["run", "parameters", "seeds", *(heading for heading, _, _ in FIGURES.values())]
    return tabulate(
        cells, headings, disable_numparse=True, maxcolwidths=_WIDTHS, break_on_hyphens=False
    )


def _spread(row: pd.Series, figure: str) -> str:
    """Return a figure, and below it its lowest and highest value if there are several."""
    _, decimals, of_one = FIGURES[figure]
    mean, low, high = (row[f"{figure}_{name}"] for name in ("mean", "low", "high"))
    if pd.isna(mean):
        return ""
    if row["seeds"] == 1:
        return f"{mean:.{of_one}f}"
    return f"{mean:.{decimals}f}\n{low:.{of_one}f}-{high:.{of_one}f}"
