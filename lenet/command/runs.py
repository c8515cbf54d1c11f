"""Commands that compare runs and data: results, compare, diff, experiments."""

import sys
from pathlib import Path

from lenet.command.parser import Arguments, argument, command
from lenet.core.errors import printable

_VERSIONS = tuple(
    # `dvc metrics diff` has the same defaults.
    argument(name, metavar=name.upper(), nargs="?", default=value, help=f"default {value}")
    for name, value in (("old", "HEAD"), ("new", "workspace"))
)
_CSV = argument("--csv", action="store_true", help="print CSV, with all columns")


def _warn_of_stale_results(*runs: str) -> None:
    from lenet.runs.revisions import WORKSPACE, is_stale

    if WORKSPACE in runs and is_stale():
        print(
            "warning: the results in the workspace are not those of params.yaml; `dvc repro` makes "
            "or restores them.",
            file=sys.stderr,
        )


@command(
    "results",
    "print the result of a run in four lines",
    "Print what a run was trained and tested on, and how good it is.",
    argument(
        "run_name",
        metavar="RUN",
        nargs="?",
        default="workspace",
        help="branch, commit or experiment (default workspace)",
    ),
    of_project=True,
)
def _results(arguments: Arguments) -> None:
    from lenet.runs import revisions

    _warn_of_stale_results(arguments.run_name)
    print(revisions.results(arguments.run_name))


@command(
    "compare",
    "compare two runs image by image",
    "Say which test images one run reads and the other does not, and whether the difference may be "
    "chance. A run is a branch, a commit, a tag, an experiment or the word workspace. Choose "
    "between recipes by validation images, not by these.",
    *_VERSIONS,
    argument(
        "--picture", type=Path, metavar="OUT.png", help="draw these images; needs data/npz/test.npz"
    ),
    of_project=True,
)
def _compare(arguments: Arguments) -> None:
    from lenet.runs import revisions

    _warn_of_stale_results(arguments.old, arguments.new)
    comparison = revisions.compare(arguments.old, arguments.new)
    print(comparison)
    if arguments.picture:
        from lenet.core import npz
        from lenet.figures.canvas import save
        from lenet.figures.sheets import draw_comparison

        images = npz.load(revisions.test_images_of(arguments.new)).images
        save(draw_comparison(images, comparison), arguments.picture)


@command(
    "diff",
    "say which images changed between two versions of the data",
    "Say which images were added, removed and relabelled, whatever their order and format. OLD and "
    "NEW are revisions (a branch, a commit, a tag, an experiment or the word workspace), whose "
    "train_file and test_file are compared, or two files, read by the group raw of params.yaml. "
    "Pixels are equal if they are equal in 1/10000 of full ink.",
    *_VERSIONS,
    argument(
        "--file", choices=("train", "test"), help="of revisions, compare this file (default both)"
    ),
    _CSV,
    argument("--picture", type=Path, metavar="OUT.png", help="draw these images"),
    of_project=True,
)
def _diff(arguments: Arguments) -> None:
    from lenet.runs import versions
    from lenet.runs.difference import as_csv

    files = (f"{arguments.file}_file",) if arguments.file else versions.FILES
    differences = versions.differences(arguments.old, arguments.new, files)
    if arguments.csv:
        print(as_csv(differences), end="")
    else:
        print(printable("\n\n".join(map(str, differences))))
    if arguments.picture:
        from lenet.figures.canvas import save
        from lenet.figures.difference import draw_differences

        save(draw_differences(differences), arguments.picture)


@command(
    "experiments",
    "list all runs, with what differs and how good they are",
    "List the workspace, branches and experiments: the parameters that differ, and figures of "
    "merit. Runs that differ in nothing but the seed share a row, with mean, lowest and highest "
    "figure.",
    argument(
        "--sort",
        choices=("validation_loss", "validation_error", "errors"),
        default="validation_loss",
        help="the figure to sort by (default validation_loss)",
    ),
    _CSV,
    of_project=True,
)
def _experiments(arguments: Arguments) -> None:
    from lenet.runs import experiments

    runs = experiments.load()
    if runs.empty:
        print("No run has results yet: `dvc repro` makes the first.")
        return
    _warn_of_stale_results("workspace")
    table = experiments.grouped(runs, arguments.sort)
    if arguments.csv:
        print(table.to_csv(index=False), end="")
    else:
        print(experiments.as_text(table, experiments.current()))
