"""Report the results of the run, as Markdown and as a page; and make a page to draw on."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.core.files import whole_file
from lenet.core.watch import while_unchanged
from lenet.evaluation.summary import summary
from lenet.report import drawing, markdown, page
from lenet.report.results import Results


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path, help="exported network, ONNX")
    parser.add_argument("results", type=Path, help="folder of the results, and of the report")
    arguments = parser.parse_args()
    folder = arguments.results

    results = Results.load(folder, arguments.network)
    text = markdown.render(results)
    pages = {
        "report.md": text,
        "report.html": page.render(text, folder),
        "draw.html": drawing.render(arguments.network, results.config.train_file),
    }
    for name, content in pages.items():
        with whole_file(folder / name) as file:
            file.write(content.encode())
    print(summary(results.headline))
    print(f"report: {folder / 'report.html'}")
    print(f"draw a digit: {folder / 'draw.html'}")


if __name__ == "__main__":
    run(while_unchanged(main))
