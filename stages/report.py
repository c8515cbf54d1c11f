"""Report what came of the run, as Markdown and as an HTML page that needs no other file."""

import argparse
import json
from pathlib import Path

import pandas as pd

from lenet.core.errors import run
from lenet.core.files import md5, whole_file
from lenet.core.params import read
from lenet.report import report

PICTURES = {
    "confusion": "confusion.png",
    **{
        name: f"pictures/{name}.png"
        for name in ("curves", "digits", "filters", "mistakes", "responses", "warps")
    },
}


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path, help="exported network, ONNX")
    parser.add_argument("results", type=Path, help="folder of the results, and of the report")
    arguments = parser.parse_args()
    results = arguments.results

    params = read(Path("params.yaml"))
    cards = {
        name: json.loads((results / f"data_{name}.json").read_text()) for name in ("train", "test")
    }
    text = report.markdown(
        headline=json.loads((results / "test.json").read_text()),
        training=json.loads((results / "training/metrics.json").read_text()),
        per_class=pd.read_csv(results / "per_class.csv"),
        predictions=pd.read_csv(results / "predictions.csv"),
        cards={"training": cards["train"], "test": cards["test"]},
        hashes={
            "training file": (params["train_file"], cards["train"]["raw_md5"]),
            "test file": (params["test_file"], cards["test"]["raw_md5"]),
            "training images": ("data/npz/train.npz", cards["train"]["npz_md5"]),
            "test images": ("data/npz/test.npz", cards["test"]["npz_md5"]),
            "network": (arguments.network, md5(arguments.network)),
            "predictions": (results / "predictions.csv", md5(results / "predictions.csv")),
        },
        pictures=PICTURES,
        params=params,
    )
    for name, content in (("report.md", text), ("report.html", report.page(text, results))):
        with whole_file(results / name) as file:
            file.write(content.encode())


if __name__ == "__main__":
    run(main)
