import pandas as pd
import pytest

from lenet.runs.experiments import as_text, grouped

PARAMS = {"seed": "0", "lr": "0.05", "augment.rotation": "12", "train_file": "usps"}


def run(name: str, errors: float, **params: str) -> dict:
    return {
        "name": name,
        **PARAMS,
        **params,
        "validation_loss": errors / 1000,
        "validation_error": errors / 10,
        "errors": errors,
        "inputs": "code",
    }


RUNS = pd.DataFrame(
    [
        run("workspace", 48),
        run("main", 48),
        run("odd-name", 44, seed="1"),
        run("even-name", 46, seed="2"),
        run("fast", 40, lr="0.1"),
        run("other-code", 30, seed="3") | {"inputs": "other code"},
        run("flat", 60, **{"augment.rotation": "0"}) | {"validation_loss": None},
    ]
)


def test_runs_that_differ_in_the_seed_alone_share_a_row() -> None:
    table = grouped(RUNS, "errors")
    assert table["run"].tolist() == ["other-code", "fast", "workspace, main and 2 more", "flat"]
    row = table.iloc[2]
    assert row["seeds"] == 3
    assert (row["errors_mean"], row["errors_low"], row["errors_high"]) == (46, 44, 48)
    assert set(table) >= {*PARAMS}


def test_the_best_come_first_and_unknown_figures_last() -> None:
    assert grouped(RUNS, "validation_loss")["run"].tolist()[-1] == "flat"


def test_a_row_tells_what_is_not_as_in_params_yaml() -> None:
    lines = as_text(grouped(RUNS, "errors"), PARAMS).splitlines()
    (flat,) = (line for line in lines if line.startswith("flat "))
    assert flat.split() == ["flat", "augment.rotation=0", "1", "6.00", "60"]
    number = next(i for i, line in enumerate(lines) if line.startswith("workspace"))
    assert "as in params.yaml" in lines[number]
    assert lines[number].split()[-1] == "46.0"
    assert lines[number + 1].split()[-1] == "44-48"


@pytest.mark.parametrize("train_file", ["short", "data/raw/" + 90 * "long" + ".txt"])
def test_the_text_is_at_most_100_characters_wide(train_file: str) -> None:
    seeds = [
        run(f"a-name-that-is-longer-than-any-of-dvc-{seed}", 1700 + seed, seed=str(seed))
        | {"train_file": train_file, "validation_error": 90 + seed / 10}
        for seed in range(10)
    ]
    text = as_text(grouped(pd.DataFrame([*RUNS.to_dict("records"), *seeds]), "errors"), PARAMS)
    assert "1700-1709" in text
    assert max(map(len, text.splitlines())) <= 100


def test_runs_of_one_seed_by_two_versions_of_the_code_share_no_row() -> None:
    # After `dvc repro evaluate`, DVC still names the code of the stage that did not run.
    runs = pd.DataFrame([run("main", 48), run("more", 44, seed="1"), run("workspace", 40)])
    table = grouped(runs, "errors")
    assert table[["run", "seeds"]].to_numpy().tolist() == [["workspace", 1], ["main and 1 more", 2]]
