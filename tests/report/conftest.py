import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from lenet.report import markdown
from lenet.report.results import File, Results
from tests.project import ROOT
from tests.settings import DEFAULT

Write = Callable[..., str]


def load(name: str) -> Any:
    """Return results in git."""
    return json.loads((ROOT / "metrics" / name).read_text())


@pytest.fixture
def results() -> Results:
    """The results in git."""
    named = ("training file", "test file", "network")
    return Results(
        headline=load("test.json"),
        training=load("training/metrics.json"),
        per_class=pd.read_csv(ROOT / "metrics/per_class.csv"),
        predictions=pd.read_csv(ROOT / "metrics/predictions.csv"),
        cards={"training": load("data_train.json"), "test": load("data_test.json")},
        files={
            "predictions": File("metrics/predictions.csv", "0123456789abcdef"),
            **{name: File(f"data/{name}", "fedcba") for name in named},
        },
        config=DEFAULT,
    )


@pytest.fixture
def write(results: Results) -> Write:
    """Return the report as Markdown, with other results where these are given."""
    return lambda **given: markdown.render(dataclasses.replace(results, **given))
