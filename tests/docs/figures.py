"""Figures in README and docs that come from files of the repository.

    python -m tests.docs.figures

writes the files' values into the pages.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from scipy.stats import binomtest

from bench.training import AS_SAVED, OURS, OURS_READY
from lenet.model.architecture import Network
from tests.docs.claims import Sentence, Table
from tests.docs.pages import cells
from tests.project import ROOT

Row = list[str | None]


def sentence(page: str, text: str, /, **values: Any) -> Sentence:
    return Sentence(page, text, values)


def read_json(path: str) -> dict[str, Any]:
    return json.loads((ROOT / path).read_text())


def headline() -> dict[str, Any]:
    """Return metrics/test.json, with the rates in percent too."""
    values = read_json("metrics/test.json")
    percent = {"rate": "error_rate", "low": "error_rate_low", "high": "error_rate_high"}
    return values | {name: 100 * values[key] for name, key in percent.items()}


def share_of_zeros() -> float:
    support = pd.read_csv(ROOT / "metrics/per_class.csv")["support"]
    return float(support[0] / support.sum())


def params() -> dict[str, Any]:
    """Return params.yaml, each parameter by its dotted name."""
    flat: dict[str, Any] = {}
    for key, value in YAML(typ="safe").load(ROOT / "params.yaml").items():
        group = value if isinstance(value, dict) else {None: value}
        flat |= {f"{key}.{name}" if name else key: inner for name, inner in group.items()}
    return flat


def readme() -> list[Sentence | Table]:
    test = headline()
    # The first two rows are those without cached packages.
    setup = list(bench_rows("Set-up in a new clone"))[:2]
    first, second = (float(row["seconds"]) for row in setup)
    small, large = (int(row[".venv MiB"]) for row in setup)
    cold, tests = (
        float(next(bench_rows(title))["seconds"]) for title in ("A cold `dvc repro`", "`make test`")
    )
    return [
        sentence(
            "README.md",
            """test accuracy {accuracy:.4f}: {errors} errors in {images} images, error rate
            {rate:.2f}% (95 % interval {low:.2f}% to {high:.2f}%)""",
            **test,
        ),
        Table(
            "README.md",
            ("command", "set-up"),
            [
                ["`make repro`", f"{first:.0f} s", f"{cold:.0f} s", f"{small} MiB"],
                ["`make test`", f"{second:.0f} s", f"{tests:.0f} s", f"{large - small} MiB more"],
            ],
        ),
        sentence("README.md", "on the {images:,} test images of USPS", **test),
        sentence(
            "README.md", "accuracy was {zeros:.3f}, the share of zeros", zeros=share_of_zeros()
        ),
    ]


def results() -> list[Sentence | Table]:
    test, zeros = headline(), share_of_zeros()
    # A network that calls every image a zero.
    images = test["images"]
    interval = binomtest(round((1 - zeros) * images), images).proportion_ci(0.95, "wilson")
    per_class = pd.read_csv(ROOT / "metrics/per_class.csv")
    return [
        sentence(
            "docs/results.md",
            "{images:,} images, one image is {points:.2f} points",
            images=images,
            points=100 / images,
        ),
        Table(
            "docs/results.md",
            ("training", "test error"),
            [
                [
                    "`dvc repro`: the default recipe, seed 0",
                    f"{test['rate']:.2f} %",
                    f"{test['low']:.2f} to {test['high']:.2f} %",
                ],
                [
                    "`make notebook`: the lecture notebook's recipe",
                    f"{100 * (1 - zeros):.2f} %",
                    f"{100 * interval.low:.2f} to {100 * interval.high:.2f} %",
                ],
            ],
            complete=False,
        ),
        Table(
            "docs/results.md",
            ("class", "images"),
            [
                [
                    str(row["class"]),
                    str(row["support"]),
                    f"{100 * row['recall']:.2f} %",
                    f"{100 * row['precision']:.2f} %",
                ]
                for row in per_class.to_dict("records")
            ],
        ),
        sentence("docs/results.md", "accuracy, {zeros:.3f}, is the share of zeros", zeros=zeros),
    ]


Rates = dict[str, pd.Series]


def rates_of_seeds() -> tuple[Rates, Rates]:
    """Return the error rates in percent of each rendering: of single networks, and committees."""
    table = pd.read_csv(ROOT / "docs/seeds.csv")
    percent = 100 * table["test_errors"] / table["test_images"]
    groups = dict(iter(percent.groupby([table["rendering"], table["members"]])))
    one, five = (
        {rendering: groups[rendering, members] for rendering in ("usps", "usps-zip")}
        for members in (1, 5)
    )
    return one, five


def seeds() -> list[Sentence | Table]:
    one, five = rates_of_seeds()
    zipped = {
        "mean": one["usps-zip"].mean(),
        "low": one["usps-zip"].min(),
        "high": one["usps-zip"].max(),
        "five": five["usps-zip"].item(),
    }
    means = (f"{each.mean():.2f} %" for each in one.values())
    ranges = (f"({each.min():.2f} to {each.max():.2f})" for each in one.values())
    rows: list[Row] = [
        [
            "one network, ten seeds: mean (lowest to highest)",
            *map(" ".join, zip(means, ranges, strict=True)),
        ],
        [
            "a committee of five (`members=5`), seed 0",
            *(f"{each.item():.2f} %" for each in five.values()),
        ],
    ]
    return [
        Table("docs/results.md", ("default recipe", "`usps`", "`usps-zip`"), rows),
        Table(
            "docs/results.md",
            ("method", "test error"),
            [
                ["this project on `usps-zip`, ten seeds", f"{zipped['mean']:.2f} %"],
                ["this project on `usps-zip`, a committee of five", f"{zipped['five']:.2f} %"],
            ],
            complete=False,
        ),
        sentence(
            "README.md",
            """Ten seeds give an error rate of {mean:.2f} % on average, from {low:.2f} % to
            {high:.2f} %""",
            mean=one["usps"].mean(),
            low=one["usps"].min(),
            high=one["usps"].max(),
        ),
        sentence(
            "README.md",
            """On `usps-zip` ten seeds give {mean:.2f} % on average, from {low:.2f} % to
            {high:.2f} %, and a committee of five networks gives {five:.2f} %""",
            **zipped,
        ),
    ]


def goals() -> list[Sentence | Table]:
    one, five = rates_of_seeds()
    committee = pd.read_csv(ROOT / "docs/seeds.csv").loc[five["usps-zip"].index[0]]
    interval = binomtest(
        int(committee["test_errors"]), int(committee["test_images"])
    ).proportion_ci(0.95, "wilson")
    return [
        sentence(
            "docs/results.md",
            """The ten seeds go from {low:.2f} % to {high:.2f} %. The committee is a single one,
            with a 95 % interval from {least:.2f} % to {most:.2f} %""",
            low=one["usps-zip"].min(),
            high=one["usps-zip"].max(),
            least=100 * interval.low,
            most=100 * interval.high,
        ),
        sentence(
            "docs/recipe.md",
            "The means of ten seeds are {zip:.2f} % and {usps:.2f} %",
            zip=one["usps-zip"].mean(),
            usps=one["usps"].mean(),
        ),
        sentence(
            "docs/recipe.md",
            """it makes {zip:.2f} % and meets the goal. On the default source it makes {usps:.2f} %
            and misses the goal""",
            zip=five["usps-zip"].item(),
            usps=five["usps"].item(),
        ),
    ]


def errors_of_seeds() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/seeds.csv")
    alone = (table["rendering"] == "usps") & (table["members"] == 1)
    errors = table.loc[alone, "test_errors"]
    return [
        sentence(
            "docs/experiments.md",
            "Ten seeds of one recipe make {low} to {high} errors",
            low=errors.min(),
            high=errors.max(),
        ),
    ]


def constant(path: str, name: str) -> float:
    """Return the number that a module calls `name`, without the imports of the module."""
    (number,) = re.findall(rf"^(?:\w+\.)?{name} = ([\d_.e-]+)$", (ROOT / path).read_text(), re.M)
    return float(number) if "." in number or "e" in number else int(number)


def limits() -> list[Sentence | Table]:
    cards = [read_json(f"metrics/data_{name}.json") for name in ("train", "test")]
    return [
        sentence(
            "docs/data.md", "all {images:,} USPS digits", images=sum(c["images"] for c in cards)
        ),
        sentence(
            "docs/predict.md",
            "the confidence is below {limit}",
            limit=constant("lenet/predict/predictor.py", "CONFIDENT"),
        ),
        sentence(
            "docs/architecture.md",
            "or a probability by more than {limit:.5f}",
            limit=constant("lenet/deploy/export.py", "AGREEMENT"),
        ),
        sentence(
            "SECURITY.md",
            "more than {limit} times its size",
            limit=constant("lenet/core/files.py", "MAX_EXPANSION"),
        ),
        sentence(
            "SECURITY.md",
            "more than {limit:.0f} million pixels",
            limit=constant("lenet/raw/pictures.py", "_MOST_PIXELS") / 1e6,
        ),
    ]


def spread(values: pd.Series, decimals: int) -> str:
    """Return mean (least to most), the mean with one decimal at least."""
    low, high = (f"{value:.{decimals}f}" for value in (values.min(), values.max()))
    return f"{values.mean():.{max(decimals, 1)}f} ({low} to {high})"


def search() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/search.csv")
    far, halves = (table[table["split"] == split] for split in ("far", "halves"))
    last = "margin=0.35 centering=0.7 gamma=0.6 proportion=0.7 aspect=0.2"
    steps = [
        ("the recipe before the search", "the recipe before the search", "one_view"),
        ("and `margin` 0.35", "margin=0.35", "one_view"),
        ("and `centering` 0.7", "margin=0.35 centering=0.7", "one_view"),
        ("and `gamma` 0.4", "margin=0.35 centering=0.7 gamma=0.4", "one_view"),
        ("and `proportion` 0.7, aspect 0.2, `gamma` 0.6", last, "one_view"),
        ("and five views in evaluation (`test_shift` 0.06)", last, "five_views"),
    ]
    rows: list[Row] = []
    for text, change, views in steps:
        row = far.set_index("change").loc[change]
        rows.append([text, f"{row[f'errors_{views}']:.1f}", f"{row[f'log_loss_{views}']:.3f}"])
    return [
        Table("docs/recipe.md", ("recipe", "far: errors"), rows),
        sentence(
            "docs/recipe.md",
            "the other ({images:,} images) is the validation set",
            images=halves["images"].max(),
        ),
        sentence(
            "docs/recipe.md", "are the validation set ({far:,} images)", far=far["images"].max()
        ),
    ]


def elimination() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/elimination.csv")
    groups = dict(iter(table.groupby("recipe")))
    first = "without label smoothing, aspect, warm-up"
    shown = [
        "the recipe of the search",
        "without weight decay, label smoothing",
        first,
        "without weight decay, aspect, warm-up, margin",
        "without weight decay, label smoothing, aspect, warm-up",
        "without label smoothing, aspect, warm-up, margin",
        "without weight decay, label smoothing, aspect, warm-up, margin",
    ]
    rows: list[Row] = [
        [
            name,
            str(len(groups[name])),
            spread(groups[name]["validation_errors"], 0),
            f"{groups[name]['validation_log_loss'].mean():.3f}",
        ]
        for name in shown
    ]
    before, after = groups[first], groups[f"{first}, shear"]
    return [
        Table("docs/recipe.md", ("recipe", "networks", "errors: mean (least to most)"), rows),
        sentence(
            "docs/recipe.md",
            "has {networks} networks on the far images",
            # The networks without shear came later.
            networks=len(table) - len(after),
        ),
        sentence(
            "docs/recipe.md",
            """there were {mean:.1f} errors ({low} to {high}) instead of {before:.1f}, and a log
            loss of {loss:.3f} instead of {loss_before:.3f}""",
            mean=after["validation_errors"].mean(),
            low=after["validation_errors"].min(),
            high=after["validation_errors"].max(),
            before=before["validation_errors"].mean(),
            loss=after["validation_log_loss"].mean(),
            loss_before=before["validation_log_loss"].mean(),
        ),
    ]


def displacement() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/displacement.csv")
    errors = table.groupby("change", sort=False)["validation_errors"]
    losses = table.groupby("change")["validation_log_loss"].mean()
    rows: list[Row] = [
        [
            str(name),
            f"{values.mean():.1f} ({values.min()} to {values.max()})",
            f"{losses[name]:.3f}",
        ]
        for name, values in errors
    ]
    both = table.dropna()
    fewer = both["validation_errors"] - both["nine_views_errors"]
    lower = both["validation_log_loss"] - both["nine_views_log_loss"]
    return [
        Table("docs/recipe.md", ("change", "errors: mean (least to most)", "log loss"), rows),
        sentence(
            "docs/recipe.md",
            """on {networks} of these networks. They made {fewer:.1f} fewer errors on average, with
            a standard error of {sem:.1f}. The log loss fell by {lower:.4f}, with a standard error
            of {lower_sem:.4f}""",
            networks=len(both),
            fewer=fewer.mean(),
            sem=fewer.sem(),
            lower=lower.mean(),
            lower_sem=lower.sem(),
        ),
    ]


# The changes that docs/recipe.md shows, in its order.
CHANGES = [
    "120 epochs",
    "displacement 0.1, a second lattice of 8 x 8 points, displacement 0.06",
    "SAM, radius 0.1",
    "scale 0.2, weight decay 0.001",
    "thickness of strokes made alike by 0.5",
    "shear 0.15",
    "weight decay 0.001",
    "batches of 32, rate 0.035",
    "leaky ReLU",
    "aspect 0.2",
    "gamma 0.8",
    "pixel noise 0.2",
    "the harder of two warps",
    "the default recipe",
    "one lattice of 8 x 8 points",
    "displacement as between digits of the class",
    "displacement up to half as large where ink is",
    "dropout 0.2 after C5",
    "average pooling",
    "both renderings, one drawn for each image",
    "both renderings, mixed at random",
    "displacement in proportion to the ink nearby",
    "30 epochs",
    "one lattice of 4 x 4 points",
    "scaled tanh",
    "warps smaller by 0.5 at the end",
    "label smoothing 0.03",
    "rate 0.07",
]


def changes() -> list[Sentence | Table]:
    page = "docs/recipe.md"
    table = pd.read_csv(ROOT / "docs/changes.csv").set_index("change", drop=False)
    before, best = table.loc["the default recipe"], table.loc["the best of the random search"]
    longer = table[table["change"].str.endswith("120 epochs") & (table["log_loss"] < 0.07)]
    rows: list[Row] = [
        [
            str(row.change),
            str(row.networks),
            f"{row.errors:.1f} ({row.errors_se:.1f})",
            f"{row.log_loss:.3f}",
        ]
        for row in table.loc[CHANGES].itertuples()
    ]
    return [
        Table(page, ("change", "networks"), rows),
        sentence(page, "has {changes} changes", changes=len(table) - 1),
        sentence(
            page,
            "there are {drawn:.1f} errors, and {mixed:.1f} with random mixtures of both",
            drawn=table.loc["both renderings, one drawn for each image"].errors,
            mixed=table.loc["both renderings, mixed at random"].errors,
        ),
        sentence(
            page,
            "from the second lattice: {errors:.1f} errors instead of {before:.1f}",
            errors=table[table["change"].str.contains("second lattice")].committee_errors.item(),
            before=before.committee_errors,
        ),
        sentence(
            page,
            """The best makes {errors:.1f} errors and a log loss of {loss:.3f}, instead of
            {before:.1f} and {loss_before:.3f} with the default recipe. Its committees of five make
            {committee:.1f} instead of {committee_before:.1f}""",
            errors=best.errors,
            loss=best.log_loss,
            before=before.errors,
            loss_before=before.log_loss,
            committee=best.committee_errors,
            committee_before=before.committee_errors,
        ),
        sentence(
            page,
            """With 120 epochs, and the widths of strokes made alike by 0.69, it makes {errors:.1f}
            errors and a log loss of {loss:.3f}""",
            errors=longer["errors"].item(),
            loss=longer["log_loss"].item(),
        ),
    ]


def random_search() -> list[Sentence | Table]:
    page = "docs/recipe.md"
    table = pd.read_csv(ROOT / "docs/random_search.csv")
    drawn, near = (table[(table["phase"] == "random") == random] for random in (True, False))
    shown = ["rotation", "scale", "shift", "gamma", "displacement"]
    shown += ["fine_displacement", "proportion", "lr"]
    measures = drawn[["validation_log_loss", "validation_errors"]]
    amounts = drawn.drop(columns=["phase", "rendering", *measures])
    low, high = amounts.min(), amounts.max()
    # The logarithm of weight decay was drawn uniformly, the other amounts themselves.
    values = amounts.assign(weight_decay=np.log(amounts["weight_decay"]))
    values = (values - values.min()) / (values.max() - values.min())
    design = values.assign(usps=drawn["rendering"] == "usps", constant=1).astype(float)
    found, squares, *_ = np.linalg.lstsq(design, measures, rcond=None)
    effects = pd.DataFrame(found, design.columns, ["log_loss", "errors"]).loc[amounts.columns]
    spans = np.diag(np.linalg.inv(design.T @ design))[: len(amounts.columns)]
    variances = spans.max() * squares
    errors = np.sqrt(variances / (len(design) - len(design.columns)))
    rows: list[Row] = [
        [
            f"`{name}`",
            f"{round(low[name], 4):.2g}",
            f"{round(high[name], 4):.2g}",
            f"{effects.log_loss[name]:+.4f}",
            f"{effects.errors[name]:+.1f}",
        ]
        for name in effects["log_loss"].sort_values().index
    ]
    return [
        Table(page, ("amount", "from"), rows),
        sentence(
            page,
            "has {networks:,} networks, each of a recipe of its own. The first {drawn} have",
            networks=len(table),
            drawn=len(drawn),
        ),
        sentence(page, "random values of {amounts} amounts", amounts=len(amounts.columns)),
        sentence(
            page,
            "Standard errors are {log_loss:.4f} in log loss and {errors:.1f} in errors",
            log_loss=errors[0],
            errors=errors[1],
        ),
        sentence(
            page,
            """The other {others} networks lie near the best that a quadratic model found. Their
            medians are a rotation of {rotation:.1f}, a scale of {scale:.2f}, a shift of
            {shift:.2f}, a gamma of {gamma:.2f} and a displacement of {displacement:.3f}. The second
            lattice has {points:.0f} x 8 points and a displacement of {fine_displacement:.3f}. The
            proportion is {proportion:.2f} and the rate {lr:.3f}""",
            others=len(near),
            points=near["fine_points"].median(),
            **near[shown].median(),
        ),
    ]


def other_cuts() -> list[Sentence | Table]:
    page = "docs/recipe.md"
    table = pd.read_csv(ROOT / "docs/other_cuts.csv")
    halves = table[table["cut"] != "test"].groupby("recipe")[["errors", "log_loss"]].mean()
    default, other = halves.loc["the default recipe"], halves.loc["a recipe near the best"]
    test = table[table["cut"] == "test"]
    others = test.groupby("rendering")["errors"].mean()
    seeds = pd.read_csv(ROOT / "docs/seeds.csv")
    same = seeds[(seeds["members"] == 1) & seeds["seed"].isin(test["seed"])]
    defaults = same.groupby("rendering")["test_errors"].mean()
    keys = ["rendering", "cut", "seed"]
    measures = ["errors", "log_loss"]
    of = {name: group.set_index(keys)[measures] for name, group in table.groupby("recipe")}
    # The default recipe has no test images here.
    more = (of["a recipe near the best"] - of["the default recipe"]).dropna()
    losses = (
        test.set_index(["rendering", "seed"])["log_loss"]
        - same.set_index(["rendering", "seed"])["test_log_loss"]
    ).groupby("rendering")
    return [
        sentence(
            page,
            """It makes {errors:.1f} errors more, with a standard error of {errors_se:.1f}. Its log
            loss is lower by {loss:.4f}, with a standard error of {loss_se:.4f}""",
            errors=more["errors"].mean(),
            errors_se=more["errors"].sem(),
            loss=-more["log_loss"].mean(),
            loss_se=more["log_loss"].sem(),
        ),
        sentence(
            page,
            """Their test log loss is lower on both, by {usps:.3f} and {zip:.3f} with a standard
            error of {se:.3f} each""",
            usps=-losses.mean()["usps"],
            zip=-losses.mean()["usps-zip"],
            se=losses.sem().max(),
        ),
        sentence(
            page,
            """The default makes {errors:.1f} errors there and a log loss of {loss:.3f}, the other
            recipe {other_errors:.1f} and {other_loss:.3f}""",
            errors=default.errors,
            loss=default.log_loss,
            other_errors=other.errors,
            other_loss=other.log_loss,
        ),
        sentence(
            page,
            """made {usps:.1f} errors on `usps`, and the default made {usps_default:.1f}. On
            `usps-zip` they made {zip:.1f}, and the default {zip_default:.1f}""",
            usps=others["usps"],
            usps_default=defaults["usps"],
            zip=others["usps-zip"],
            zip_default=defaults["usps-zip"],
        ),
    ]


def certainty(recipe: str, column: str) -> float:
    """Return by how many standard errors a recipe is worse than the default, seed by seed."""
    table = pd.read_csv(ROOT / "docs/recipe.csv").set_index(["recipe", "seed"])[column]
    difference = table[recipe] - table["the default recipe"]
    return float(difference.mean() / difference.sem())


def ablation() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/recipe.csv")
    rows: dict[str, Row] = {}
    for name, group in table.groupby("recipe", sort=False):
        rows[str(name)] = [str(name), str(len(group))]
        for images in ("validation", "test"):
            errors = 100 * group[f"{images}_errors"] / group[f"{images}_images"]
            rows[str(name)] += [spread(errors, 2), f"{group[f'{images}_log_loss'].mean():.3f}"]
    errors = table.groupby("recipe")["validation_errors"].sum()
    best_first = errors.sort_values(kind="stable").index
    uncertain = [
        certainty(name, "validation_errors")
        for name in ("without margin", "without shift", "one view in evaluation")
    ]
    return [
        Table(
            "docs/recipe.md",
            ("recipe", "networks", "validation error %"),
            [rows[name] for name in best_first],
        ),
        sentence(
            "docs/recipe.md",
            "except for margin, shift and the views in evaluation, which are at {low:.1f} to "
            "{high:.1f} standard errors",
            low=min(uncertain),
            high=max(uncertain),
        ),
        sentence(
            "docs/results.md",
            """With displacement the recipe misses {fewer:.0f} % fewer of the far validation images:
            {with_it} instead of {without}""",
            fewer=100 * (1 - errors["the default recipe"] / errors["without displacement"]),
            with_it=errors["the default recipe"],
            without=errors["without displacement"],
        ),
    ]


def layers() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/plateau/sizes.csv")
    table = table[(table["variant"] == "the notebook") & (table["moment"] == "at the start")]
    start = table.groupby("layer")[["signal", "gradient"]].mean()
    return [
        sentence(
            "docs/plateau.md",
            """units of C1 differ by {C1:.1g} from image to image, of C3 by {C3:.1g} and of C5 by
            {C5:.1g}. Units of F6 and O7 differ by {F6:.1g}""",
            **start["signal"],
        ),
        sentence("docs/plateau.md", "{O7:.1g} in O7, {C1:.1g} in C1", **start["gradient"]),
    ]


def plateau() -> list[Sentence | Table]:
    page = "docs/plateau.md"
    table = pd.read_csv(ROOT / "docs/plateau/summary.csv").set_index("variant", drop=False)
    runs = pd.read_csv(ROOT / "docs/plateau/runs.csv")

    def epochs(row: Any) -> str:
        first, last = f"{row.first_epoch:.0f}", f"{row.last_epoch:.0f}"
        return "" if not row.left else first if first == last else f"{first} to {last}"

    rows: list[Row] = [
        [
            str(row.variant),
            f"{row.left} of {row.seeds}",
            epochs(row),
            f"{row.loss:.3g}",
            f"{row.train_accuracy:.1%}",
        ]
        for row in table.itertuples()
    ]
    long, large = table.loc["40 epochs"], table.loc["input of 32 x 32"]
    return [
        Table(page, ("changed", "left"), rows),
        sentence(
            page,
            "It trains {networks} networks",
            networks=len(runs[["variant", "seed"]].drop_duplicates()),
        ),
        sentence(
            page,
            "it recognises {share:.0f} %, the share of the zeros",
            share=100 * table["train_accuracy"]["the notebook"],
        ),
        sentence(
            page,
            """leave the plateau between epochs {first:.0f} and {last:.0f}. They recognise
            {right:.0f} % of the training images after {epochs} epochs""",
            first=long["first_epoch"],
            last=long["last_epoch"],
            right=100 * long["train_accuracy"],
            epochs=long["epochs"],
        ),
        sentence(
            page,
            "all ten seeds leave by epoch {last:.0f}",
            last=table.loc["weights 4 times Xavier's", "last_epoch"],
        ),
        sentence(page, "tanh saturates (loss {loss:.0f})", loss=table.loc["tanh", "loss"]),
        sentence(
            page,
            "lets all ten leave, in epochs {first:.0f} to {last:.0f}",
            first=large["first_epoch"],
            last=large["last_epoch"],
        ),
    ]


def bench_rows(title: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the table of bench/RESULTS.md whose title begins so."""
    text = (ROOT / "bench/RESULTS.md").read_text()
    tables = [table for part in text.split("\n## ") for table in part.split("\n### ")[1:]]
    (section,) = [table for table in tables if table.startswith(title)]
    header, _, *rows = [cells(line) for line in section.splitlines() if line.startswith("|")]
    for row in rows:
        yield dict(zip(header, row, strict=True))


def bench(title: str) -> dict[str, dict[str, str]]:
    """Return the rows of `bench_rows` by their first cell."""
    return {next(iter(row.values())): row for row in bench_rows(title)}


def ratio(title: str, contender: str) -> str:
    """Return a contender's median ratio, with the least and the most in brackets."""
    row = bench(title)[contender]
    return next(cell for column, cell in row.items() if column.startswith("ratio"))


def ratios(title: str, contender: str) -> list[float]:
    """Return a contender's median ratio, the least and the most."""
    return [float(number) for number in re.findall(r"[\d.]+", ratio(title, contender))]


def step() -> list[Sentence | Table]:
    large = bench("A step at 32 x 32")
    return [
        Table(
            "docs/speed.md",
            ("part of a step, 32x32, batch of 64, one core", "ms"),
            [[part, row["ms"], row["share"]] for part, row in large.items()],
        ),
        sentence(
            "docs/speed.md",
            "view and warps take {share} % of a step",
            share=bench("A step at 16 x 16")["view and warps"]["share"].rstrip("%"),
        ),
    ]


def training_speed() -> list[Sentence | Table]:
    settings = ("16 x 16, batches of 120", "32 x 32, batches of 64", "32 x 32, batches of 128")
    others = ("the notebook's loop", "PyTorch", "PyTorch, channels last")
    rows: list[Row] = []
    for setting in settings:
        for cores in ("one core", "2 cores"):
            title = f"Training at {setting}, {cores}"
            assert ratios(title, OURS)[0] == 1
            name = f"{setting.replace(' x ', 'x')}, {cores.replace('2', 'two')}"
            rows.append([name, *(ratio(title, other) for other in others)])
    title, recipe = f"Training at {settings[1]}, one core", "The default recipe on one core"
    return [
        Table("docs/speed.md", ("images a second", *others), rows),
        sentence(
            "docs/speed.md",
            "Without view and warps it would be {ratio:.2f} times as fast",
            ratio=ratios(title, OURS_READY)[0],
        ),
        sentence(
            "docs/speed.md",
            "The network as it is saved would learn {ratio:.2f} times as fast",
            ratio=ratios(title, AS_SAVED)[0],
        ),
        Table(
            "docs/speed.md",
            ("the default recipe, one core", *others[1:]),
            [
                [
                    f"{float(bench(recipe)[OURS]['seconds (median)']):.0f} s",
                    *(ratio(recipe, name) for name in others[1:]),
                ]
            ],
        ),
    ]


def replicas() -> list[Sentence | Table]:
    return [
        Table(
            "docs/speed.md",
            ("one network", "batches of 64"),
            [
                [
                    text,
                    *(
                        ratio(f"Workers at 32 x 32, batches of {batch},", contender)
                        for batch in (64, 512)
                    ),
                ]
                for text, contender in (
                    ("one replica, two cores", "one process"),
                    ("one replica, one core", "one process, one core"),
                    ("two replicas, two cores", "one process, two replicas"),
                )
            ],
        ),
    ]


def other_speed() -> list[Sentence | Table]:
    large = bench("Converting .jf")[".jf x 100"]
    nothing = "`dvc repro` with nothing to do"
    return [
        sentence(
            "docs/speed.md",
            "{jf:.0f} MiB/s of `.jf` and {text:.0f} MiB/s of image-text",
            jf=float(bench("Reading .jf")["lenet.raw"]["MiB/s (median)"]),
            text=float(bench("Reading .txt")["lenet.raw"]["MiB/s (median)"]),
        ),
        sentence(
            "docs/speed.md",
            "peaks at {peak} MiB for {npz} MiB of npz",
            peak=large["peak MiB"],
            npz=large["npz MiB"],
        ),
        sentence(
            "docs/speed.md",
            """A cold `dvc repro` takes {cold:.0f} s, of which training takes {train:.0f} s. With
            nothing to do it takes {nothing:.1f} s, which is {ratio:.2f} times""",
            cold=float(next(bench_rows("A cold `dvc repro`"))["seconds"]),
            train=float(bench("Every stage by itself")["train"]["seconds"]),
            nothing=float(bench(nothing)["this project"]["seconds (median)"]),
            ratio=ratios(nothing, "this project")[0],
        ),
    ]


def distributed() -> list[Sentence | Table]:
    loss = pd.read_json(ROOT / "metrics/training/plots/custom/curves.json")["loss"]
    rows: list[Row] = []
    for contender in ("one process", "two workers", "one process, two replicas"):
        row: Row = [contender]
        for batch in (64, 512):
            title = f"Workers at 32 x 32, batches of {batch},"
            speed = bench(title)[contender]["images/s (median)"]
            row.append(
                speed if contender == "one process" else f"{speed}: {ratio(title, contender)}"
            )
        rows.append(row)
    one_process: Row = [
        "one process",
        f"{loss.iloc[0]:.4f}",
        f"{loss.iloc[-1]:.4f}",
        str(headline()["errors"]),
    ]
    return [
        Table("docs/distributed.md", ("contender", "batches of 64", "batches of 512"), rows),
        Table("docs/distributed.md", ("default recipe",), [one_process], complete=False),
    ]


def photographs() -> list[Sentence | Table]:
    digits = pd.read_csv(ROOT / "docs/photographs.csv", dtype=str)
    strangers = pd.read_csv(ROOT / "docs/strangers.csv", dtype=str)
    measures = pd.read_csv(ROOT / "docs/flags.csv").set_index("measure")
    page = "docs/predict.md"
    return [
        Table(
            page,
            ("picture", "right"),
            digits[["kind", "right", "confident_wrong", "flagged"]].to_numpy().tolist(),
        ),
        Table(
            page,
            ("picture", "pictures"),
            strangers[["kind", "pictures", "none", "flagged", "confident"]].to_numpy().tolist(),
        ),
        Table(
            page,
            ("measure", "letters"),
            [
                [str(i), *(f"{share:.0%}".replace("%", " %") for share in row)]
                for i, row in measures.iterrows()
            ],
        ),
        sentence(
            page,
            "the nearest of {kept:,} training images",
            kept=constant("lenet/deploy/novelty.py", "_KEPT"),
        ),
    ]


def suspects() -> list[Sentence | Table]:
    table = pd.read_csv(ROOT / "docs/suspects.csv")
    assert table["planted_among_suspects"].equals(table["planted"])
    return [
        sentence(
            "docs/quality.md",
            """trials changed {each} labels. All {found} are among the suspects, of which there are
            {suspects}""",
            each=table["planted"].unique().item(),
            found=table["planted_among_suspects"].sum(),
            suspects=table["suspects"].sum(),
        ),
        sentence(
            "docs/quality.md",
            "In USPS as it is, {suspects} of the {images:,} labels are suspicious",
            suspects=len(pd.read_csv(ROOT / "docs/suspects_usps.csv")),
            images=read_json("metrics/data_train.json")["images"],
        ),
    ]


def network() -> list[Sentence | Table]:
    settings = Network.load(ROOT / "params.yaml").model_dump()
    old = Network.check(**settings | {"c3": "partial", "pooling": "subsample"})
    parameters = sum(layer.parameters for layer in old.layers())
    return [sentence("docs/network.md", "has {parameters:,} parameters", parameters=parameters)]


def figures() -> list[Sentence | Table]:
    """Return all figures of the pages that come from files."""
    parts = (
        *(
            readme,
            results,
            seeds,
            goals,
            errors_of_seeds,
            limits,
            search,
            elimination,
            displacement,
            changes,
            random_search,
            other_cuts,
            ablation,
            plateau,
            layers,
            photographs,
            suspects,
        ),
        *(step, training_speed, replicas, other_speed, distributed, network),
    )
    return [figure for part in parts for figure in part()]


def main() -> None:
    """Write the files' values into the pages, and name the pages that changed."""
    for name in sorted({figure.page for figure in figures() if figure.write()}):
        print(f"written: {name}")


if __name__ == "__main__":
    main()
