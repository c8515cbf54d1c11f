"""Two versions of a raw file compared by content."""

import csv
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.figures.difference import draw_differences
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.runs.difference import Difference, Version, as_csv

LAYOUT = Layout.of(side=4, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)
# Nine images, each unlike the others.
IMAGES = np.random.default_rng(0).integers(0, 256, (9, 4, 4)).astype(np.float32) / np.float32(255)


def data(*records: tuple[int, int]) -> Dataset:
    """Return records, each an index of `IMAGES` and a class."""
    which, classes = zip(*records, strict=True)
    return Dataset(IMAGES[list(which)], np.array(classes, np.int64))


def version(path: Path, content: Dataset, layout: Layout = LAYOUT) -> Version:
    """Write a version in the format of the suffix of `path`."""
    if path.suffix == ".npz":
        npz.save(content, path)
    else:
        npz.save(content, path.with_suffix(".npz"))
        formats.convert([path.with_suffix(".npz")], path, layout)
    return Version(path.name, path, layout)


def compare(folder: Path, old: Dataset, new: Dataset) -> Difference:
    return Difference.of("", version(folder / "old.npz", old), version(folder / "new.npz", new))


def rows(difference: Difference) -> list[tuple[object, ...]]:
    """Return each change: kind, old record and class, new record and class; None where blank."""
    columns = ["change", "old_record", "old_class", "new_record", "new_class"]
    table = difference.table[columns].astype(object)
    return list(table.where(table.notna(), None).itertuples(index=False, name=None))


def test_order_does_not_matter(tmp_path: Path) -> None:
    old = data((0, 5), (1, 6), (2, 7))
    difference = compare(tmp_path, old, old[np.array([2, 0, 1])])
    assert rows(difference) == []
    assert str(difference) == "old.npz -> new.npz: the same 3 images"
    assert as_csv([difference]).count("\n") == 1


def test_what_changed_is_told_by_record(tmp_path: Path) -> None:
    old = data((0, 5), (1, 6), (2, 7), (3, 7))
    new = data((3, 7), (0, 5), (1, 8), (4, 9), (5, 5))
    difference = compare(tmp_path, old, new)
    assert rows(difference) == [
        ("relabelled", 2, 6, 3, 8),
        ("added", None, None, 4, 9),
        ("added", None, None, 5, 5),
        ("removed", 3, 7, None, None),
    ]
    np.testing.assert_array_equal(difference.images, IMAGES[[1, 4, 5, 2]])
    assert str(difference).splitlines() == [
        "old.npz -> new.npz",
        "  images 4 -> 5: 2 the same, relabelled 1, added 2, removed 1",
        "",
        "      change old_record old_class new_record new_class",
        "  relabelled          2         6          3         8",
        "       added                               4         9",
        "       added                               5         5",
        "     removed          3         7                     ",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # One copy was relabelled; that it is the second is a convention.
        ([(0, 3), (0, 3)], [(0, 5), (0, 3)], [("relabelled", 2, 3, 1, 5)]),
        # A copy keeps its label, so the copy with another label is new.
        ([(0, 3)], [(0, 5), (0, 3)], [("added", None, None, 1, 5)]),
    ],
)
def test_copies_of_an_image_are_counted(
    tmp_path: Path,
    old: list[tuple[int, int]],
    new: list[tuple[int, int]],
    expected: list[tuple[object, ...]],
) -> None:
    assert rows(compare(tmp_path, data(*old), data(*new))) == expected


def test_formats_and_layouts_do_not_matter(tmp_path: Path) -> None:
    old, new = data((0, 5), (1, 6), (2, 7)), data((2, 7), (0, 5), (1, 3))
    for which, path in ((old, tmp_path / "old"), (new, tmp_path / "new")):
        for i, label in enumerate(which.labels):
            (path / str(label)).mkdir(parents=True)
            grey = np.rint(which.images[i] * 255).astype(np.uint8)
            Image.fromarray(grey).save(path / str(label) / f"{i}.png")
    inverted = LAYOUT.model_copy(update={"pixel_range": (1.0, -1.0), "first_label": 1})
    grey_levels = LAYOUT.model_copy(update={"pixel_range": (0.0, 255.0)})
    # Old and new version; then record, line and picture of the change in each.
    formats_of = {
        "jf": ((LAYOUT, ".jf"), (2, 3, None), (3, 4, None)),
        "text": ((inverted, ".txt"), (2, 2, None), (3, 3, None)),
        "npz": ((LAYOUT, ".npz"), (2, None, None), (3, None, None)),
        "folder": ((grey_levels, ""), (2, None, "6/1.png"), (1, None, "3/2.png")),
    }
    sides = {}
    for name, ((layout, suffix), *places) in formats_of.items():
        for when, content, place in (("old", old, places[0]), ("new", new, places[1])):
            path = tmp_path / f"{when}{suffix}"
            side = version(path, content, layout) if suffix else Version(when, path, layout)
            sides[when, name] = side, place
    names = list(formats_of)
    for one, two in zip(names, [*names[1:], names[0]], strict=True):
        (before, was), (after, now) = sides["old", one], sides["new", two]
        table = Difference.of("", before, after).table
        (row,) = table.astype(object).where(table.notna(), None).itertuples(index=False, name=None)
        assert row == ("relabelled", *was, 6, *now, 3), (one, two)


def test_rounding_is_no_change_but_a_grey_level_is(tmp_path: Path) -> None:
    rounded = tmp_path / "rounded.txt"
    # Halves of a level, 0.00005, are the values most easily rounded in two ways.
    level = np.arange(16).reshape(1, 4, 4) * 0.0625 + 0.00005
    exact = version(tmp_path / "exact.npz", Dataset(level.astype(np.float32), np.array([1])))
    words = " ".join(f"{i}:{value:.5f}" for i, value in enumerate(level.ravel() * 2 - 1, 1))
    rounded.write_text(f"1 {words}\n")
    signed = LAYOUT.model_copy(update={"pixel_range": (-1.0, 1.0)})
    assert rows(Difference.of("", exact, Version("rounded.txt", rounded, signed))) == []
    darker = data((0, 1)).images.copy()
    darker[0, 0, 0] += np.float32(1 / 255) * (1 if darker[0, 0, 0] < 0.5 else -1)
    kinds = [
        row[0] for row in rows(compare(tmp_path, data((0, 1)), Dataset(darker, np.array([1]))))
    ]
    assert kinds == ["added", "removed"]


RECORDS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12)


@settings(max_examples=20)
@given(RECORDS, RECORDS)
def test_any_two_versions_have_as_few_changes_as_can_be(
    scratch: Path, old: list, new: list
) -> None:
    difference = compare(scratch, data(*old), data(*new))
    left, right = Counter(old) - Counter(new), Counter(new) - Counter(old)
    by_image = [Counter(image for image, _ in side.elements()) for side in (left, right)]
    relabelled = (by_image[0] & by_image[1]).total()
    changes = rows(difference)
    kinds = Counter(change[0] for change in changes)
    assert kinds["relabelled"] == relabelled
    assert kinds["removed"] == left.total() - relabelled
    assert kinds["added"] == right.total() - relabelled
    assert difference.same == (Counter(old) & Counter(new)).total()
    # Each record changes once, and the table tells its class.
    for which, record, label in ((old, 1, 2), (new, 3, 4)):
        told = [(change[record], change[label]) for change in changes if change[record]]
        assert len(set(told)) == len(told)
        assert all(which[number - 1][1] == known for number, known in told)  # type: ignore[operator]
    for _, was, _, now, _ in (change for change in changes if change[0] == "relabelled"):
        assert old[was - 1][0] == new[now - 1][0]  # type: ignore[operator]
        assert old[was - 1][1] != new[now - 1][1]  # type: ignore[operator]


def test_a_long_list_is_cut_on_the_screen_but_not_as_csv(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    new = Dataset(generator.random((70, 4, 4), np.float32), np.full(70, 3))
    difference = compare(tmp_path, data((0, 5)), new)
    assert str(difference).count("  added ") == 39
    assert len(list(csv.DictReader(io.StringIO(as_csv([difference]))))) == 71


def test_the_picture_shows_each_kind(tmp_path: Path) -> None:
    difference = compare(tmp_path, data((0, 5), (1, 6)), data((0, 4), (2, 6)))
    panels = draw_differences([difference, replace(difference, title="test_file")]).axes
    kinds = ["relabelled: 1", "added: 1", "removed: 1"]
    titles = [axes.get_title() for axes in panels]
    assert titles == [*kinds, *(f"test_file {kind}" for kind in kinds)]
    captions = [axes.texts[0].get_text() for axes in panels[:3]]
    assert captions == ["5 → 4\nrecord 1", "6\nrecord 2", "6\nrecord 2"]
    for axes, image in zip(panels, IMAGES[[0, 2, 1]], strict=False):
        mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
        np.testing.assert_array_equal(mosaic[1:5, 1:5], image)
    same = draw_differences([compare(tmp_path, data((0, 5)), data((0, 5)))])
    assert [axes.get_title() for axes in same.axes] == ["relabelled: 0", "added: 0", "removed: 0"]


def test_other_sides_and_faulty_files_are_refused(tmp_path: Path) -> None:
    one = version(tmp_path / "one.npz", data((0, 5)))
    large = LAYOUT.model_copy(update={"side": 8})
    two = Version("two.npz at HEAD~1", tmp_path / "one.npz", large)
    with pytest.raises(InputError, match="one.npz and two.npz at HEAD~1: .* sides of 4 and 8"):
        Difference.of("", one, two)
    with pytest.raises(InputError, match=r"^two\.npz at HEAD~1: .*by the group raw of its own par"):
        two.read()
