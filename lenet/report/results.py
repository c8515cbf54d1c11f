"""The results of one run: what the report tells of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lenet.core.errors import untrusted
from lenet.core.files import md5, read_json, read_table
from lenet.training.config import Config


class File(NamedTuple):
    """A file that the results came from or are in: its path in the report, and its MD5 in DVC."""

    path: str
    md5: str


@dataclass(frozen=True)
class Results:
    """The results of one run, as the stages wrote them, with the parameters that led to them.

    headline: the figures of the whole test set; see `evaluation.measures.headline`.
    training: the last epoch: `step`, `loss`, `train_accuracy`, and `validation_accuracy` if there
        are validation images.
    per_class: a row for each class; see `evaluation.measures.per_class`.
    predictions: a row for each test image; see `evaluation.predictions.Predictions.table`.
    cards: the data cards of the `training` and `test` images; see `raw.data_card`.
    files: by what they are; `predictions` is among them.
    config: params.yaml.
    """

    headline: Mapping[str, Any]
    training: Mapping[str, Any]
    per_class: pd.DataFrame
    predictions: pd.DataFrame
    cards: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, File]
    config: Config

    @classmethod
    def load(cls, folder: Path, model: Path, params: Path = Path("params.yaml")) -> "Results":
        """Read the results of a run.

        Args:
            folder: where the stages wrote their results, `metrics`.
            model: the exported network, ONNX.
            params: the parameters of the run, YAML.

        Raises InputError where a file is missing or is no such result.
        """
        config = Config.load(params)
        predictions = folder / "predictions.csv"
        train, test = (read_json(folder / f"data_{name}.json") for name in ("train", "test"))
        return cls(
            headline=read_json(folder / "test.json"),
            training=read_json(folder / "training/metrics.json"),
            per_class=_table(folder / "per_class.csv"),
            predictions=_table(predictions),
            cards={"training": train, "test": test},
            files={
                "training file": File(config.train_file, train["raw_md5"]),
                "test file": File(config.test_file, test["raw_md5"]),
                "training images": File("data/npz/train.npz", train["npz_md5"]),
                "test images": File("data/npz/test.npz", test["npz_md5"]),
                "network": File(str(model), md5(model)),
                "predictions": File(str(predictions), md5(predictions)),
            },
            config=config,
        )


def _table(path: Path) -> pd.DataFrame:
    # Git may have left the marks of a merge conflict there.
    with untrusted(path, "missing or damaged", "`dvc repro` makes it again."):
        return read_table(path)
