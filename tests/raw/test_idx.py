"""IDX: MNIST's two files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.inspection import advice, inspect, settings
from lenet.raw.layout import Layout, options

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 3, 3), np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 10
LAYOUT = Layout.of(side=3, pixel_range=(0, 255))


def idx(array: np.ndarray) -> bytes:
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + shape + array.tobytes()


@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte", "mine-images-idx3-ubyte"]
)
def test_images_have_the_labels_of_the_file_beside_them(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(idx(IMAGES)) if path.suffix == ".gz" else idx(IMAGES))
    assert "without" in inspect(path).form
    assert advice([inspect(path)]).startswith("No settings")
    # The labels may be compressed or not, whatever the images are.
    beside = name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    (tmp_path / f"{beside}{'.gz' * name.startswith('mine')}").write_bytes(idx(LABELS))
    data = formats.read(path, LAYOUT).data
    assert (data.images * 255).astype(np.uint8).tolist() == IMAGES.tolist()
    assert data.labels.tolist() == LABELS.tolist()
    (values,) = settings([inspect(path)])
    assert LAYOUT.changed(values) == LAYOUT
    (tmp_path / beside).write_bytes(idx(LABELS[1:]))
    if not name.startswith("mine"):
        with pytest.raises(InputError, match="found 19 labels; expected 20, as .* has images"):
            formats.read(path, LAYOUT)


def test_emnist_stands_column_by_column(tmp_path: Path) -> None:
    path = tmp_path / "emnist-letters-train-images-idx3-ubyte"
    path.write_bytes(idx(IMAGES.transpose(0, 2, 1).copy()))
    (tmp_path / "emnist-letters-train-labels-idx1-ubyte").write_bytes(idx(LABELS + 1))
    assert "raw.transpose=true" in str(inspect(path))
    (values,) = settings([inspect(path)])
    data = formats.read(path, LAYOUT.changed(values)).data
    assert (data.images * 255).astype(np.uint8).tolist() == IMAGES.tolist()
    assert data.labels.tolist() == LABELS.tolist()
    assert options(values).endswith(" --transpose")
    other = tmp_path / "other-images"
    other.write_bytes(idx(IMAGES))
    with pytest.raises(InputError, match="stand column by column; expected row by row"):
        settings([inspect(path), inspect(other)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(LABELS), "found IDX of type 8 in 1 dimensions; expected bytes .type 8. of images"),
        (idx(IMAGES[:, :2]), "found IDX of type 8 in 3 dimensions, 2 x 3 pixels"),
        (idx(IMAGES)[:-1], "found 179 bytes after the header; expected 20 x 3 x 3"),
        (b"\0\0\x08\x03\0", "after the header; expected"),
        (idx(IMAGES[:0]), "holds no images"),
    ],
    ids=range(5),
)
def test_what_is_no_file_of_images_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        formats.read(path, LAYOUT)
