"""The commands for a project.

These are fetch, label-issues, relabel, diff, results, compare, experiments and summary.
"""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path

from lenet.command.parsers import Commands, add_command
from lenet.core.errors import printable
from lenet.sources import SETTINGS


def add_to(commands: Commands) -> None:
    """Add the commands to the parser."""
    parser = add_command(commands, fetch, "bring another data set to train on")
    parser.add_argument("name", metavar="NAME", choices=SETTINGS, help=", ".join(SETTINGS))

    add_command(commands, label_issues, "find training images whose label may be wrong")

    parser = add_command(commands, relabel, "correct the labels of a file by a table")
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to correct")
    help_line = "the table that the page of `lenet review --label-issues` saves"
    parser.add_argument("corrections", metavar="CORRECTIONS", type=Path, help=help_line)
    help_line = "*.jf, *.txt (image-text) or *.npz to write; may be FILE"
    parser.add_argument("target", metavar="OUT", type=Path, help=help_line)

    help_line = "say which images changed between two versions of the data"
    parser = add_command(commands, diff, help_line)
    _add_revisions(parser)
    help_line = "of revisions, compare this file (default both)"
    parser.add_argument("--file", choices=("train", "test"), help=help_line)
    parser.add_argument("--csv", action="store_true", help="print all changes as CSV, nothing else")
    parser.add_argument("--picture", type=Path, metavar="OUT.png", help="draw these images")

    parser = add_command(commands, results, "print the result of a run in four lines")
    help_line = "branch, commit or experiment (default workspace)"
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="workspace", help=help_line)

    parser = add_command(commands, compare, "compare two networks, or two recipes by seeds")
    _add_revisions(parser)
    help_line = "first train what is missing of N seeds a side, as experiments, two at a time"
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help=help_line)

    help_line = "list all runs, with what differs and how good they are"
    parser = add_command(commands, experiments, help_line)
    figures = ("validation_loss", "validation_error", "errors")
    help_line = "the figure to sort by (default %(default)s)"
    parser.add_argument("--sort", choices=figures, default=figures[0], help=help_line)
    parser.add_argument("--csv", action="store_true", help="print CSV, with all figures")

    add_command(commands, summary, "show the network layer by layer")


def _add_revisions(parser: argparse.ArgumentParser) -> None:
    """Add OLD and NEW, with the defaults of `dvc metrics diff`."""
    for name, default in {"old": "HEAD", "new": "workspace"}.items():
        help_line = f"default {default}"
        parser.add_argument(name, metavar=name.upper(), nargs="?", default=default, help=help_line)


def fetch(arguments: argparse.Namespace) -> None:
    """Bring the training and the test file of a data set into data/sources/NAME/.

    They are checked by their hashes. digits needs no network; see docs/data.md.
    """
    from lenet.sources.fetch import fetch

    train, test = fetch(arguments.name, Path("data/sources", arguments.name))
    print(f"{train}\n{test}\nTo train on them:\n    dvc add {train} {test}")
    print(f"    dvc exp run -S train_file={train} -S test_file={test}{SETTINGS[arguments.name]}")


def label_issues(_: argparse.Namespace) -> None:
    """Train five networks, each on four fifths of train_file, and ask each about the rest.

    Write metrics/label_issues.csv and .png, the most suspicious labels first. It takes about five
    times as long as training; an interrupted run goes on.
    """
    from lenet.core.files import write_csv
    from lenet.core.npz import named
    from lenet.evaluation.label_issues import find_label_issues
    from lenet.figures.canvas import save
    from lenet.figures.sheets import draw_label_issues
    from lenet.raw import relabel
    from lenet.raw.layout import Layout
    from lenet.training.config import Config
    from lenet.training.folds import out_of_fold

    # Python may drop a Ctrl-C that comes while MXNet deletes an array; the system ends the process.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    config = Config.load()
    examples, known = relabel.read(Path(config.train_file), Layout.load())
    kept, callback = Path(".dvc/tmp/label-issues"), partial(print, flush=True)
    probabilities = out_of_fold(examples, config, kept=kept, callback=callback)
    issues = find_label_issues(examples.labels, probabilities)
    for column in ("label", "suggested"):
        issues[column] = named(issues[column].to_numpy(), examples.class_names)
    issues.insert(1, "place", [known[index]["place"] for index in issues["index"]])
    issues["hash"] = [known[index]["hash"] for index in issues["index"]]
    table, picture = Path("metrics/label_issues.csv"), Path("metrics/label_issues.png")
    write_csv(issues, table)
    save(draw_label_issues(examples.images, issues), picture)
    print(issues.drop(columns="hash").head(20).to_string(index=False))
    print(f"{len(issues)} of {len(examples)} labels are suspicious; all are in {table}, {picture}")


def relabel(arguments: argparse.Namespace) -> None:
    """Write the images of FILE to OUT, in the format of OUT's suffix, with corrected labels.

    FILE is read by the group raw of params.yaml, as OUT will be. A table for another version of
    FILE is refused.
    """
    from lenet.raw import relabel
    from lenet.raw.layout import Layout

    file, table, target = arguments.file, arguments.corrections, arguments.target
    relabelled, left_out, unchanged = relabel.relabel(file, table, target, Layout.load())
    numbers = f"relabelled {relabelled}, left out {left_out}, unchanged {unchanged}"
    print(printable(f"{relabelled + unchanged} images -> {target}: {numbers}"))


def diff(arguments: argparse.Namespace) -> None:
    """Say which images were added, removed and relabelled, whatever their order and format.

    OLD and NEW are revisions (a branch, a commit, a tag, an experiment or the word workspace),
    whose train_file and test_file are compared, or two files, read by the group raw of params.yaml.
    Pixels are equal if they are equal in 1/10000 of full ink.
    """
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


def results(arguments: argparse.Namespace) -> None:
    """Print what a run was trained and tested on, and how good it is."""
    from lenet.runs import revisions

    print(revisions.results(arguments.run_name))
    _warn_of_stale_results(arguments.run_name)


def compare(arguments: argparse.Namespace) -> None:
    """Say how two recipes differ, by all runs at hand that differ in nothing but the seed.

    With one seed on a side, say which test images one network reads and the other does not. OLD and
    NEW are each a branch, a commit, a tag, an experiment or the word workspace.
    """
    from lenet.runs import revisions, seeds

    comparison = revisions.compare(arguments.old, arguments.new)
    recipes = seeds.compare(arguments.old, arguments.new, arguments.seeds)
    print(recipes if recipes.several else f"{comparison}\n{recipes}\n{comparison.listing}")
    _warn_of_stale_results(arguments.old, arguments.new)


def experiments(arguments: argparse.Namespace) -> None:
    """List the workspace, branches and experiments: the parameters that differ, and figures.

    Runs that differ in nothing but the seed share a row, with mean, lowest and highest figure.
    """
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


def summary(_: argparse.Namespace) -> None:
    """Show each layer's output, kernel and parameters, for the network of params.yaml."""
    import pandas as pd

    from lenet.training.config import Config

    config = Config.load()
    print(pd.DataFrame(config.network.table(config.classes)).to_string(index=False))


def _warn_of_stale_results(*runs: str) -> None:
    from lenet.runs.revisions import WORKSPACE, is_stale

    if WORKSPACE in runs and is_stale():
        text = "the results in the workspace are not those of params.yaml"
        print(f"warning: {text}; `dvc repro` makes or restores them.", file=sys.stderr)
