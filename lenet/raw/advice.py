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
    for other in inspections[1:]:
        check_same_kind(other.path, inspections[0].path)
    # A file that by chance has no strong ink fills less of the range.
    ranges = [each.statistics.pixel_range() for each in inspections]
    values: Settings = {
        "side": _side(inspections),
        "pixel_range": max(ranges, key=lambda pair: abs(pair[1] - pair[0])),
        **_classes(inspections),
    }
    Layout.check({**values, "first_index": "auto"})
    indices = {each.first_indices for each in inspections if each.first_indices}
    if not indices:
        return [values]
    choices = (1, 0) if (1, 0) in indices else ("auto",)
    return [values | {"first_index": index} for index in choices]


def _side(inspections: Sequence[Inspection]) -> int:
    """Return the side of the images of files; raise InputError where a file has another.

    A side that a file states counts more than the least that holds the pixels of another file.
    """
    pattern = max(inspections, key=lambda each: (not each.side_is_least, each.side))
    for each in inspections:
        if each.side > pattern.side or (each.side < pattern.side and not each.side_is_least):
            found = f"found images of {each.side} x {each.side} pixels"
            expected = f"{pattern.side} x {pattern.side}, as in {pattern.path}"
            raise InputError(each.path, found, expected)
    return pattern.side


def _classes(inspections: Sequence[Inspection]) -> Settings:
    """Return first_label and classes, which hold the labels of all files."""
    labels = {label for each in inspections for label in each.statistics.labels}
    if any(label != int(label) for label in labels):
        found = f"found the label {min(label for label in labels if label != int(label)):g}"
        raise InputError(inspections[0].path, found, "whole numbers from 0 on")
    stated = max(each.classes for each in inspections)
    low, high = int(min(labels)), int(max(labels))
    first_label = 0 if high < stated else low
    return {"first_label": first_label, "classes": max(2, high - first_label + 1, stated)}


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
