import io

import pandas as pd

from lenet.evaluation.experiments import as_text, grouped


def run(name: str, seed: int, errors: float, **params: object) -> dict:
    return {
        "name": name,
        "seed": seed,
        "lr": 0.05,
        "augment.rotation": 12.0,
        "raw.pixel_range": "[0, 2]",
        **params,
        "validation_loss": errors / 1000,
        "validation_error": errors / 10,
        "errors": errors,
        "inputs": "code",
    }


RUNS = pd.DataFrame(
    [
        run("workspace", 0, 48),
        run("main", 0, 48),
        run("odd-name", 1, 44),
        run("even-name", 2, 46),
        run("fast", 0, 40, lr=0.1),
        run("other-code", 3, 30) | {"inputs": "other code"},
        run("flat", 0, 60, **{"augment.rotation": 0.0}) | {"validation_loss": None},
    ]
)


def test_runs_that_differ_in_the_seed_alone_share_a_row() -> None:
    table = grouped(RUNS, "errors")
    assert table["run"].tolist() == [*("other-code", "fast", "workspace, main and 2 more", "flat")]
    row = table.iloc[2]
    assert row["seeds"] == 3
    assert (row["errors_mean"], row["errors_low"], row["errors_high"]) == (46, 44, 48)
    # Parameters that are alike in all rows are left out.
    assert set(table) >= {"lr", "augment.rotation", "seed"}
    assert "raw.pixel_range" not in table


def test_the_best_come_first_and_unknown_figures_last() -> None:
    assert grouped(RUNS, "validation_loss")["run"].tolist()[-1] == "flat"


def test_the_text_is_narrow_and_names_what_differs() -> None:
    long = {f"augment.{letter * 12}": 1.0 for letter in "abcdef"}
    runs = pd.DataFrame(
        [
            *RUNS.to_dict("records"),
            run("a-name-that-is-much-longer-than-any-that-dvc-would-make-up", 4, 50),
            run("long", 0, 50, **dict.fromkeys(long, 2.0)),
        ]
    ).fillna(long)
    text = as_text(grouped(runs, "errors"))
    assert max(map(len, text.splitlines())) <= 100
    assert "lr=0.1" in text
    assert "47.0" in text
    assert "44 to 50" in text
    assert "raw.pixel_range" not in text
    # A row tells what is not as in the workspace.
    (flat,) = [line for line in text.splitlines() if line.startswith("flat ")]
    assert flat.split()[1] == "augment.rotation=0"
    (same,) = [line for line in text.splitlines() if line.startswith("workspace")]
    assert "as in params.yaml" in same


def test_a_single_run_is_a_row() -> None:
    text = as_text(grouped(RUNS[:1], "errors"))
    assert "workspace" in text
    assert text.splitlines()[-1].split()[-4:] == ["1", "0.0480", "4.80", "48"]
    columns = set(pd.read_csv(io.StringIO(grouped(RUNS[:1], "errors").to_csv(index=False))))
    assert {"run", "seeds", "errors_mean", "validation_loss_low"} <= columns


def test_without_results_in_the_workspace_all_that_differs_is_named() -> None:
    runs = pd.DataFrame([run("main", 0, 40, lr="0.05"), run("feature", 0, 43, lr="0.1")])
    text = as_text(grouped(runs, "errors"))
    assert "lr=0.05" in text
    assert "lr=0.1" in text
    assert "as in params.yaml" not in text
