"""Report the results of the run, as Markdown and as an HTML page that needs no other file."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.core.files import whole_file
from lenet.report import markdown, page
from lenet.report.results import Results


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path, help="exported network, ONNX")
    parser.add_argument("results", type=Path, help="folder of the results, and of the report")
    arguments = parser.parse_args()
    folder = arguments.results

    text = markdown.render(Results.load(folder, arguments.network))
    for name, content in (("report.md", text), ("report.html", page.render(text, folder))):
        with whole_file(folder / name) as file:
            file.write(content.encode())


if __name__ == "__main__":
    run(main)
