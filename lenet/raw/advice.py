"""The settings by which inspected files can be read together."""

import shlex
from collections.abc import Sequence

from lenet.core.errors import InputError, as_typed
from lenet.raw.formats import check_same_kind
from lenet.raw.inspection import Inspection
from lenet.raw.layout import Layout

# Parameters and their values.
Settings = dict[str, object]


def settings(inspections: Sequence[Inspection]) -> list[Settings]:
    """Return the settings by which all the files can be read: one, or two to choose from.

    Raises InputError where there are no such settings.
    """
    first, *others = inspections
    for other in others:
        check_same_kind(other.path, first.path)
        if reason := _misfit(other, first):
            raise InputError(other.path, f"does not fit {first.path}: {reason}")
    ranges = [each.statistics.pixel_range() for each in inspections]
    pixel_range = max(ranges, key=lambda pair: abs(pair[1] - pair[0]))
    first_label, classes = _classes(inspections)
    values: Settings = {
        "side": _side(inspections),
        "pixel_range": pixel_range,
        "first_label": first_label,
        "classes": classes,
    }
    try:
        Layout.check({**values, "first_index": "auto"})
    except InputError as error:
        raise InputError(first.path, f"no settings fit: {str(error).rstrip('.')}") from error
    indices = {each.first_indices for each in inspections if each.first_indices}
    if not indices:
        return [values]
    if (1, 0) in indices:
        return [values | {"first_index": index} for index in (1, 0)]
    return [values | {"first_index": "auto" if len(indices) > 1 else indices.pop()[0]}]


def _classes(inspections: Sequence[Inspection]) -> tuple[int, int]:
    """Return the label of class 0 and the number of classes that hold the labels of all files.

    Raises InputError where labels are no whole numbers from 0 on.
    """
    for each in inspections:
        most = max(each.statistics.labels, default=0)
        wrong = [label for label in each.statistics.labels if label < 0 or label != int(label)]
        if wrong:
            found = ", ".join(f"{label:g}" for label in sorted(each.statistics.labels)[:5])
            raise InputError(each.path, f"found the labels {found}", "whole numbers from 0 on")
        if each.classes and most > each.classes:
            raise InputError(
                each.path,
                f"found the label {most:g}, but the header says {each.classes} classes",
                advice="Correct the number in the first line, or the labels.",
            )
    labels = {label for each in inspections for label in each.statistics.labels}
    stated = max((each.classes for each in inspections if each.classes), default=0)
    low, high = int(min(labels)), int(max(labels))
    if stated and high < stated:
        return 0, max(2, stated)
    if len(labels) > 1 and len(labels) == high - low + 1:
        return low, max(high - low + 1, stated)
    # Some labels do not occur, so that the first may be missing too.
    first_label = min(low, 1)
    return first_label, max(2, high - first_label + 1, stated)


def _side(inspections: Sequence[Inspection]) -> int:
    """Return the side that a file states, or else the largest that a file needs."""
    stated = [each.side for each in inspections if not each.side_is_least]
    return stated[0] if stated else max(each.side for each in inspections)


def _misfit(other: Inspection, first: Inspection) -> str:
    """Return why two files cannot be read by the same settings, or ""."""
    sides = {each.side for each in (first, other) if not each.side_is_least}
    if len(sides) > 1 or _side([first, other]) < max(first.side, other.side):
        return (
            f"its images have {other.side} x {other.side} pixels, and those of {first.path} "
            f"{first.side} x {first.side}"
        )
    (background, ink), (expected, full) = (each.statistics.pixel_range() for each in (other, first))
    # A file that by chance has no strong ink fills less of the range, but not a small part of it.
    if background == expected and 0.4 < (ink - background) / (full - expected) < 2.5:
        return ""
    return (
        f"its pixels go from {background:g} (background) to {ink:g} (ink), and those of "
        f"{first.path} from {expected:g} to {full:g}"
    )


def as_text(inspections: Sequence[Inspection]) -> str:
    """Return the settings as options, ready to paste: of `lenet convert`, and of `dvc exp run`.

    Two files are taken for the training and the test file.
    Raises InputError where no settings fit all the files.
    """
    if not all(each.has_labels for each in inspections):
        return "No settings: training and testing need labels. `lenet predict` needs none."
    choices = settings(inspections)
    common = {name: value for name, value in choices[0].items() if value == choices[-1][name]}
    options = " ".join(
        f"--{name.replace('_', '-')} {as_typed(value).strip('[]').replace(',', ' ')}"
        for name, value in common.items()
    )
    files: Settings = {}
    if len(inspections) == 2:
        files = {"train_file": inspections[0].path, "test_file": inspections[1].path}
    lines = [f"for lenet convert and split: {options}", "for dvc exp run:"]
    for chosen in choices:
        values = files | {f"raw.{name}": value for name, value in chosen.items()}
        # Some shells would take brackets for a pattern of file names.
        words = [f"-S {shlex.quote(f'{name}={as_typed(value)}')}" for name, value in values.items()]
        lines.append(" ".join(["dvc exp run", *words] if files else words))
    return "\n".join(lines)
