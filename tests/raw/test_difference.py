"""Two versions of a raw file compared by content."""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.figures.difference import draw_differences
from lenet.raw import formats
from lenet.raw.difference import Difference, Version, as_csv
from lenet.raw.layout import Layout

LAYOUT = Layout(side=4, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)
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


def rows(found: Difference) -> list[tuple[object, ...]]:
    """Return each change: kind, old record and class, new record and class; None where blank."""
    columns = ["change", "old_record", "old_class", "new_record", "new_class"]
    table = found.table[columns].astype(object)
    return list(table.where(table.notna(), None).itertuples(index=False, name=None))


def test_order_does_not_matter(tmp_path: Path) -> None:
    old = data((0, 5), (1, 6), (2, 7))
    found = compare(tmp_path, old, old[np.array([2, 0, 1])])
    assert rows(found) == []
    assert str(found) == "old.npz -> new.npz: the same 3 images"
    assert as_csv([found]).count("\n") == 1


def test_what_changed_is_told_by_class_and_by_record(tmp_path: Path) -> None:
    old = data((0, 5), (1, 6), (2, 7), (3, 7))
    new = data((3, 7), (0, 5), (1, 8), (4, 9), (5, 5))
    found = compare(tmp_path, old, new)
    assert rows(found) == [
        ("relabelled", 2, 6, 3, 8),
        ("added", None, None, 4, 9),
        ("added", None, None, 5, 5),
        ("removed", 3, 7, None, None),
    ]
    np.testing.assert_array_equal(found.images, IMAGES[[1, 4, 5, 2]])
    assert str(found).splitlines() == [
        "old.npz -> new.npz",
        "  images 4 -> 5: 2 the same, relabelled 1, added 2, removed 1",
        "",
        "   class  old  new  added  removed  relabelled to  relabelled from",
        "       5    1    2      1        0              0                0",
        "       6    1    0      0        0              0                1",
        "       7    2    1      0        1              0                0",
        "       8    0    1      0        0              1                0",
        "       9    0    1      1        0              0                0",
        "",
        "  change      old       new       class",
        "  relabelled  record 2  record 3  6 -> 8",
        "  added                 record 4  9",
        "  added                 record 5  5",
        "  removed     record 3            7",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # One more copy.
        ([(0, 3), (0, 3)], [(0, 3), (0, 3), (0, 3)], [("added", None, None, 3, 3)]),
        # One of two copies.
        ([(0, 3), (0, 3)], [(0, 5), (0, 3)], [("relabelled", 1, 3, 1, 5)]),
        ([(0, 3), (0, 4)], [(0, 4), (0, 3)], []),
        # A copy keeps its label, so the copy with another label is new.
        ([(0, 3)], [(0, 5), (0, 3)], [("added", None, None, 1, 5)]),
        (
            [(0, 3), (0, 3), (0, 1)],
            [(0, 5), (0, 1)],
            [("relabelled", 1, 3, 1, 5), ("removed", 2, 3, None, None)],
        ),
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
    other = LAYOUT.changed({"pixel_range": (1.0, -1.0), "first_label": 1})
    grey = LAYOUT.changed({"pixel_range": (0.0, 255.0)})
    versions = {
        name: [
            version(tmp_path / f"old{suffix}", old, layout),
            version(tmp_path / f"new{suffix}", new, layout),
        ]
        for name, suffix, layout in (
            ("jf", ".jf", LAYOUT),
            ("text", ".txt", other),
            ("npz", ".npz", LAYOUT),
        )
    }
    versions["folder"] = [Version(name, tmp_path / name, grey) for name in ("old", "new")]
    # Header line, then a record a line; the folder has its classes in order.
    places = {"jf": (2, 3, 3, 4), "text": (2, 2, 3, 3), "npz": (2, None, 3, None)}
    for first, (one, _) in versions.items():
        for second, (_, two) in versions.items():
            found = Difference.of("", one, two)
            ((kind, _, was, _, now),) = rows(found)
            assert (kind, was, now) == ("relabelled", 6, 3), (first, second)
            row = found.table.astype(object).where(found.table.notna(), None).iloc[0]
            for when, name, picture in (("old", first, "6/1.png"), ("new", second, "3/2.png")):
                if name == "folder":
                    assert row[f"{when}_picture"] == picture
                    assert f"({picture})" in str(found)
                else:
                    record, line = places[name][:2] if when == "old" else places[name][2:]
                    assert (row[f"{when}_record"], row[f"{when}_line"]) == (record, line)


def test_rounding_is_no_change_but_a_grey_level_is(tmp_path: Path) -> None:
    rounded = tmp_path / "rounded.txt"
    # Halves of a level, 0.00005, are the values most easily rounded in two ways.
    level = np.arange(16).reshape(1, 4, 4) * 0.0625 + 0.00005
    exact = version(tmp_path / "exact.npz", Dataset(level.astype(np.float32), np.array([1])))
    words = " ".join(f"{i}:{value:.5f}" for i, value in enumerate(level.ravel() * 2 - 1, 1))
    rounded.write_text(f"1 {words}\n")
    signed = LAYOUT.changed({"pixel_range": (-1.0, 1.0)})
    assert rows(Difference.of("", exact, Version("rounded.txt", rounded, signed))) == []
    darker = data((0, 1)).images.copy()
    darker[0, 0, 0] += np.float32(1 / 255) * (1 if darker[0, 0, 0] < 0.5 else -1)
    kinds = [
        row[0] for row in rows(compare(tmp_path, data((0, 1)), Dataset(darker, np.array([1]))))
    ]
    assert kinds == ["added", "removed"]


RECORDS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12)


@settings(max_examples=40)
@given(st.data(), RECORDS)
def test_edits_are_found_exactly(scratch: Path, draw: st.DataObject, old: list) -> None:
    """Images 4 to 8 are new; the others may have copies, with any labels."""
    kept = draw.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old)))
    added = draw.draw(st.lists(st.tuples(st.integers(4, 8), st.integers(0, 9)), min_size=1))
    new = draw.draw(
        st.permutations([record for record, keep in zip(old, kept, strict=True) if keep] + added)
    )
    table = compare(scratch, data(*old), data(*new)).table
    assert set(table["change"]) <= {"added", "removed"}
    for kind, when, before, after in (("added", "new", old, new), ("removed", "old", new, old)):
        records = table.loc[table["change"] == kind, f"{when}_record"]
        found = Counter(after[record - 1] for record in records)
        assert found == Counter(after) - Counter(before)


@settings(max_examples=40)
@given(RECORDS, RECORDS)
def test_any_two_versions_have_as_few_changes_as_can_be(
    scratch: Path, old: list, new: list
) -> None:
    found = compare(scratch, data(*old), data(*new))
    left, right = Counter(old) - Counter(new), Counter(new) - Counter(old)
    by_image = [Counter(image for image, _ in side.elements()) for side in (left, right)]
    relabelled = (by_image[0] & by_image[1]).total()
    assert found.count("relabelled") == relabelled
    assert found.count("removed") == left.total() - relabelled
    assert found.count("added") == right.total() - relabelled
    assert found.same == (Counter(old) & Counter(new)).total()
    for _, was, _, now, _ in (row for row in rows(found) if row[0] == "relabelled"):
        assert old[was - 1][0] == new[now - 1][0]  # type: ignore[operator]
        assert old[was - 1][1] != new[now - 1][1]  # type: ignore[operator]
    moves = found.classes["relabelled_to"] - found.classes["relabelled_from"]
    balance = found.classes["added"] - found.classes["removed"] + moves
    pd.testing.assert_series_equal(
        found.classes["new"] - found.classes["old"], balance, check_names=False
    )


def test_a_long_list_is_cut_on_the_screen_but_not_as_csv(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    new = Dataset(generator.random((70, 4, 4), np.float32), np.full(70, 3))
    found = compare(tmp_path, data((0, 5)), new)
    lines = str(found).splitlines()
    assert lines[-1] == "  ... and 31 more: --csv has all"
    assert len([line for line in lines if line.startswith("  added ")]) == 40
    assert len(list(csv.DictReader(io.StringIO(as_csv([found]))))) == 71
    figure = draw_differences([found])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["added: 70, of which 10 are not shown", "removed: 1"]
    assert [text.get_text() for text in figure.axes[1].texts] == ["5\nrecord 1"]
    assert len(figure.axes[0].texts) == 60


def test_the_picture_shows_each_kind(tmp_path: Path) -> None:
    found = compare(tmp_path, data((0, 5), (1, 6)), data((0, 4), (2, 6)))
    panels = draw_differences([found, found]).axes
    kinds = ["relabelled: 1", "added: 1", "removed: 1"]
    assert [axes.get_title(loc="left") for axes in panels] == kinds * 2
    assert panels[0].texts[0].get_text() == "5 → 4\nrecord 1"
    for axes, image in zip(panels, IMAGES[[0, 2, 1]], strict=False):
        mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
        np.testing.assert_array_equal(mosaic[1:5, 1:5], image)
    same = draw_differences([compare(tmp_path, data((0, 5)), data((0, 5)))])
    assert not same.axes
    assert same.texts[-1].get_text() == "no image has changed"


def test_other_sides_and_faulty_files_are_refused(tmp_path: Path) -> None:
    one = version(tmp_path / "one.npz", data((0, 5)))
    two = Version(
        "two.npz", tmp_path / "one.npz", LAYOUT.changed({"side": 8}), "HEAD~1", workspace=False
    )
    with pytest.raises(InputError, match="one.npz and two.npz at HEAD~1: .* sides of 4 and 8"):
        Difference.of("", one, two)
    with pytest.raises(InputError) as refused:
        two.read()
    assert str(refused.value) == (
        "two.npz at HEAD~1: found images of side 4; expected 8. It was read by the group raw of "
        "params.yaml at HEAD~1; raw.side=4 and raw.pixel_range=[0,1] would fit."
    )
    (tmp_path / "bad.jf").write_text("1 " + "0 " * 15 + "255\n12 " + "0 " * 16)
    with pytest.raises(InputError) as refused:
        Version("bad.jf", tmp_path / "bad.jf", LAYOUT).read()
    assert str(refused.value).startswith("bad.jf, line 1, record 1: found 255 as pixel 16;")
    assert str(tmp_path) not in str(refused.value)
