"""The contents of a file of images, found out from the file alone, and the settings for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import Either, InputError, as_typed
from lenet.raw import folder, foreign, formats, image_text, jf
from lenet.raw.layout import LARGEST_SIDE, Layout
from lenet.raw.statistics import Statistics
from lenet.raw.text import open_text

# Any value that a raw file may have.
_ANY = (-1e300, 1e300)


@dataclass(frozen=True)
class Inspection:
    """The contents of one file.

    path: the file or folder.
    form: its format, in words.
    side: width and height of its images in pixels.
    statistics: its labels and pixel values.
    has_labels: whether the images have labels.
    classes: the number of classes that the file states, or None.
    first_index: the index of the first pixel: 0, 1, or "auto" where the file does not show it; None
        where the format has no indices.
    notes: odd things, in sentences.
    side_is_least: whether the images may be larger, because the file states no more.
    class_names: the names of a folder's subfolders, if these are no numbers.
    cut_out: whether the characters of pictures are cut out, because sizes differ.
    """

    path: Path
    form: str
    side: int
    statistics: Statistics
    has_labels: bool = True
    classes: int | None = None
    first_index: object = None
    notes: list[str] = field(default_factory=list)
    side_is_least: bool = False
    class_names: tuple[str, ...] = ()
    cut_out: bool = False

    def __str__(self) -> str:
        low, high = self.statistics.low, self.statistics.high
        rows = {
            "format": self.form,
            "images": f"{self.statistics.images}, of {self.side} x {self.side} pixels",
            "labels": self._labels(),
            "pixels": f"from {low:g} to {high:g}, mean {self.statistics.mean:.3g}",
        }
        if self.first_index is not None:
            unknown = "0 or 1; the file does not show which"
            rows["first index"] = unknown if self.first_index == "auto" else str(self.first_index)
        lines = [str(self.path), *(f"  {name:<13}{value}" for name, value in rows.items())]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _labels(self) -> str:
        if not self.has_labels:
            return "none"
        counts = sorted(self.statistics.labels.items())
        if len(counts) > 26:
            least, most = min(n for _, n in counts), max(n for _, n in counts)
            return (
                f"{len(counts)}, from {counts[0][0]:g} to {counts[-1][0]:g}, each of {least} to "
                f"{most} images"
            )
        return ", ".join(f"{label:g} ({count})" for label, count in counts)


def inspect(path: Path) -> Inspection:
    """Find out what a .jf or image-text file, an npz file or a folder of pictures holds.

    Raises InputError where the file is none of these, or faulty.
    """
    if path.is_dir():
        return _inspect_folder(path)
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is a pipe, which can be read just once; expected a file.")
    if formats.is_npz(path):
        data = npz.load(path)
        classes = max(2, int(data.labels.max()) + 1)
        try:
            unit = Layout.of_npz(side=data.images.shape[1], classes=classes)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        statistics = Statistics()
        statistics.add(formats.as_records(data, unit))
        return Inspection(path, "npz", unit.side, statistics)
    with formats.explained(path):
        with open_text(path) as file:
            is_image_text = image_text.recognise(file)
            guessed = None
            if not is_image_text and not foreign.label_is_last(file.start):
                guessed = jf.guess(file.start)
            extent = image_text.extent(file) if is_image_text else None
        if extent:
            return _inspect_image_text(path, *extent)
        if guessed:
            return _inspect_jf(path, *guessed)
        raise InputError(
            f"{path}: the side of the images cannot be told: no first line has the number of "
            "classes and that of the features of a square, and lines are not a label and the "
            "pixels of a square."
        )


def _inspect_folder(path: Path) -> Inspection:
    subfolders = folder.subfolders(path)
    layout = _any_layout(side=2, classes=max(2, len(subfolders)))
    files = [file for files in folder.labelled(path, layout).values() for file in files]
    if not files:
        raise InputError(f"{path}: holds no pictures; expected PNG or JPEG files.")
    side = folder.common_side(files)
    notes = []
    cut_out = side is None
    if side is None:
        side, form = 16, "pictures that are no squares of one size, in a subfolder for each class"
        notes.append(
            "each character will be cut out and scaled to raw.side, as `lenet predict` does; any "
            "side may be set, and pixel values are then shares of ink."
        )
        layout = layout.model_copy(update={"pixel_range": (0.0, 1.0)})
    else:
        form = "pictures in a subfolder for each class"
    names = () if folder.has_numbers(path) else tuple(each.name for each in subfolders)
    if names:
        numbered = ", ".join(f"{i} = {name}" for i, name in enumerate(names[:100]))
        notes.append(f"classes in alphabetical order: {numbered}.")
    return Inspection(
        *(path, form, side, _count(path, layout.model_copy(update={"side": side}))),
        classes=len(names) or None,
        notes=notes,
        class_names=names,
        cut_out=cut_out,
    )


def _inspect_image_text(path: Path, lowest: int, highest: int, stated: int | None) -> Inspection:
    notes = []
    first_index: object = stated
    if lowest == 0:
        first_index = 0
    elif stated is None:
        first_index = 1 if highest and isqrt(highest) ** 2 == highest else "auto"
    most = highest if first_index in (1, "auto") else highest + 1
    side = max(2, isqrt(max(most - 1, 0)) + 1)
    if side > LARGEST_SIDE:
        raise InputError(
            f"{path}: found index {highest}; images have {LARGEST_SIDE} x {LARGEST_SIDE} pixels at "
            "most."
        )
    if most != side**2:
        notes.append(
            f"the file does not state the side; {side} is the least that holds index {highest}."
        )
    if first_index == "auto":
        notes.append(
            "LIBSVM writes indices from 1, scikit-learn's dump_svmlight_file from 0; choose one of "
            "the two settings below."
        )
    layout = _any_layout(side=side, first_index=1 if first_index == "auto" else first_index)
    statistics = _count(path, layout, needs_labels=False)
    has_labels = True
    try:
        statistics = _count(path, layout)
    except InputError:
        has_labels = False
    if has_labels:
        notes += _odd(statistics)
    return Inspection(
        *(path, "image-text", side, statistics, has_labels),
        first_index=first_index,
        notes=notes,
        side_is_least=most != side**2 or first_index == "auto",
    )


def _inspect_jf(path: Path, side: int, classes: int | None, has_labels: bool) -> Inspection:
    form = ".jf, header" if classes else ".jf, no header"
    form += f" of {classes} classes" if classes else ""
    layout = _any_layout(side=side, classes=classes or 1000)
    statistics = _count(path, layout, needs_labels=has_labels)
    notes = _odd(statistics) if has_labels else []
    return Inspection(path, form, side, statistics, has_labels, classes, notes=notes)


def _any_layout(*, side: int, classes: int = 1000, first_index: object = 1) -> Layout:
    """Return a layout that any file of images of this side fits."""
    return Layout.model_construct(
        pixel_range=_ANY, side=side, first_label=0, first_index=first_index, classes=classes
    )


def _count(path: Path, layout: Layout, *, needs_labels: bool = True) -> Statistics:
    statistics = Statistics()
    for found in formats.found(path, layout, needs_labels=needs_labels):
        statistics.add(found)
    return statistics


def _odd(statistics: Statistics) -> list[str]:
    """Return what is odd about labels, in sentences."""
    labels = sorted(statistics.labels)
    if any(label != int(label) or label < 0 for label in labels):
        return ["labels have to be whole numbers from 0 on."]
    low, high = int(labels[0]), int(labels[-1])
    if 0 < high - low + 1 - len(labels) <= 20:
        missing = sorted({*range(low, high + 1)} - {int(label) for label in labels})
        return [f"no image has the label {', '.join(map(str, missing))}."]
    return []


def settings(inspections: Sequence[Inspection]) -> dict[str, object]:
    """Return the settings of the group `raw` by which all the files can be read.

    Raises InputError where there are no such settings.
    """
    first, *others = inspections
    for other in others:
        if reason := _misfit(other, first):
            raise InputError(f"{other.path}: does not fit {first.path}: {reason}.")
    ranges = [each.statistics.pixel_range() for each in inspections]
    pixel_range = max(ranges, key=lambda pair: abs(pair[1] - pair[0]))
    first_label, classes = _classes(inspections)
    try:
        Layout.check(
            {
                "side": _side(inspections),
                "pixel_range": pixel_range,
                "first_label": first_label,
                "first_index": "auto",
                "classes": classes,
            }
        )
    except InputError as error:
        raise InputError(f"{first.path}: no settings fit: {error}") from error
    found: dict[str, object] = {
        "raw.side": _side(inspections),
        "raw.pixel_range": pixel_range,
        "raw.first_label": first_label,
        "raw.classes": classes,
    }
    indices = {each.first_index for each in inspections} - {None}
    if len(indices) == 1:
        (index,) = indices
        found["raw.first_index"] = Either((1, 0)) if index == "auto" else index
    elif "auto" in indices:
        found["raw.first_index"] = Either((1, 0))
    elif indices:
        found["raw.first_index"] = "auto"
    return found


def _classes(inspections: Sequence[Inspection]) -> tuple[int, int]:
    """Return the label of class 0 and the number of classes that hold the labels of all files.

    Raises InputError where labels are no whole numbers from 0 on.
    """
    labels = {label for each in inspections if each.has_labels for label in each.statistics.labels}
    if any(label != int(label) or label < 0 for label in labels):
        shown = ", ".join(f"{label:g}" for label in sorted(labels)[:5])
        raise InputError(
            f"{inspections[0].path}: found the labels {shown}; expected whole numbers from 0 on."
        )
    for each in inspections:
        most = max(each.statistics.labels, default=0)
        if each.classes and each.has_labels and most > each.classes:
            raise InputError(
                f"{each.path}: found the label {most:g}, but the header says {each.classes} "
                "classes. Correct the number in the first line, or the labels."
            )
    stated = max((each.classes for each in inspections if each.classes), default=0)
    low, high = int(min(labels, default=0)), int(max(labels, default=1))
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


def _sides_fit(one: Inspection, other: Inspection) -> bool:
    side = _side([one, other])
    return all(
        each.side <= side if each.side_is_least else each.side == side for each in (one, other)
    )


def _misfit(other: Inspection, first: Inspection) -> str | None:
    """Return why two files cannot be read by the same settings, or None."""
    if other.class_names != first.class_names:
        return (
            "its subfolders have other names, and so other classes. Name the subfolders of both by "
            "numbers, such as 0 for A and 1 for B"
        )
    if other.cut_out != first.cut_out:
        one, two = (first, other) if first.cut_out else (other, first)
        return (
            f"the characters of {one.path} are cut out and scaled, because its pictures are no "
            f"squares of one size, and those of {two.path} are read pixel by pixel"
        )
    if not _sides_fit(other, first):
        return (
            f"its images have {other.side} x {other.side} pixels, and those of {first.path} "
            f"{first.side} x {first.side}"
        )
    own, expected = other.statistics.pixel_range(), first.statistics.pixel_range()
    inside = min(expected) <= min(own) and max(own) <= max(expected)
    around = min(own) <= min(expected) and max(expected) <= max(own)
    same_order = (own[0] < own[1]) == (expected[0] < expected[1])
    # A file that by chance has no strong ink fills less of the range, but not a small part of it.
    similar = 0.4 < abs(own[1] - own[0]) / abs(expected[1] - expected[0]) < 2.5
    if not (inside or around) or not same_order or not similar:
        return (
            f"its pixels go from {own[0]:g} (background) to {own[1]:g} (ink), and those of "
            f"{first.path} from {expected[0]:g} to {expected[1]:g}"
        )
    return None


def with_all_settings(
    error: InputError, path: Path, pair: tuple[Path, Path], layout: Layout
) -> InputError:
    """Return the error of a file with all the settings that both files need.

    Args:
        error: what reading the file by `layout` has raised.
        path: the file, one of the pair.
        pair: the training file and the test file.
        layout: the settings so far.
    """
    train, test = pair
    try:
        both = [inspect(train), inspect(test)]
    except InputError:
        # One of the files is faulty by any settings, or not there yet.
        return advised(error, [path], layout)
    if not all(each.has_labels for each in both):
        return error
    reason = _misfit(both[1], both[0]) or _unknown_labels(both[1], both[0])
    if reason and path == test:
        return InputError(f"{test}: does not fit the training file {train}: {reason}.")
    return advised(error, [path] if reason else pair, layout)


def check_test_file(train: Path, test: Path) -> None:
    """Raise InputError where the test file seems to need other settings than the training file."""
    try:
        reason = _misfit(inspect(test), inspect(train))
    except InputError:
        # The training file is not there yet, or a file shows less than the settings say.
        return
    if reason:
        raise InputError(f"{test}: does not fit the training file {train}: {reason}.")


def advised(error: InputError, paths: Sequence[Path], layout: Layout) -> InputError:
    """Return an error with all the settings that files need together, if they differ from `layout`.

    Args:
        error: what reading one of the files by `layout` has raised.
        paths: the files.
        layout: the settings so far.
    """
    try:
        found = [inspect(path) for path in paths]
        needed = settings(found)
    except (InputError, MemoryError):
        # A file is faulty by any settings.
        return error
    if not all(each.has_labels for each in found):
        return error
    if all(each.side_is_least and _nearly(each.side, layout.side) for each in found):
        del needed["raw.side"]
    if not any(_needs_other_range(each.statistics, layout) for each in found):
        del needed["raw.pixel_range"]
    last_label = layout.first_label + layout.classes - 1
    labels = [label for each in found for label in each.statistics.labels]
    if layout.first_label <= min(labels) and max(labels) <= last_label:
        del needed["raw.first_label"]
    # A file need not have images of all classes.
    if _classes(found)[1] <= layout.classes:
        del needed["raw.classes"]
    # With the right side the file may show its first index.
    if layout.first_index == "auto" and not isinstance(needed.get("raw.first_index"), Either):
        needed.pop("raw.first_index", None)
    known = {f"raw.{name}": value for name, value in layout.model_dump().items()}
    different = {name: value for name, value in needed.items() if known[name] != value}
    if not different or different == error.settings:
        return error
    # The question belongs to the settings that are replaced.
    return InputError(error.plain, settings=different)


def with_range_of_file(error: InputError, path: Path) -> InputError:
    """Return an error with the pixel range that all pixels of the file seem to have.

    An error that names no range, or a range that all pixels fit, stays as it is.
    """
    guess = error.settings.get("raw.pixel_range")
    if not isinstance(guess, tuple):
        return error
    try:
        background, ink = inspect(path).statistics.pixel_range()
    except (InputError, MemoryError):
        return error
    if guess[0] <= background < ink <= guess[1]:
        return error
    return InputError(error.plain, settings={"raw.pixel_range": (background, ink)})


def _nearly(least: int, side: int) -> bool:
    """Return whether images of `side` may leave so much blank that `least` would hold their ink."""
    return 0.7 * side <= least <= side


def _needs_other_range(found: Statistics, layout: Layout) -> bool:
    low, high = layout.extremes
    fits = low <= found.low and found.high <= high
    # Nothing is known of the range of images without any ink.
    return not fits or (found.low < found.high and bool(found.pixel_warnings(layout)))


def _unknown_labels(test: Inspection, train: Inspection) -> str | None:
    unknown = sorted(set(test.statistics.labels) - set(train.statistics.labels))
    if not unknown:
        return None
    named = ", ".join(f"{label:g}" for label in unknown[:10]) + ", ..." * (len(unknown) > 10)
    return f"it has the labels {named}, which no image of {train.path} has"


def as_arguments(settings: dict[str, object]) -> str:
    """Return settings as options of `lenet convert` and `split`, without what is to be chosen."""
    words = []
    for name, value in settings.items():
        if not isinstance(value, Either):
            text = as_typed(value).strip("[]").replace(",", " ")
            words.append(f"--{name.removeprefix('raw.').replace('_', '-')} {text}")
    return " ".join(words)


def as_options(settings: dict[str, object]) -> list[str]:
    """Return settings as options of `dvc exp run`: one line, or one for each value of a choice."""
    choices = [name for name, value in settings.items() if isinstance(value, Either)]
    if not choices:
        typed = (f"-S {name}={as_typed(value)}" for name, value in settings.items())
        # Some shells would take brackets for a pattern of file names.
        quoted = (f"-S '{text[3:]}'" if "[" in text else text for text in typed)
        return [" ".join(quoted)]
    (name,) = choices
    either = settings[name]
    assert isinstance(either, Either)
    return [line for value in either.values for line in as_options(settings | {name: value})]
