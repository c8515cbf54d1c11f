"""MATLAB's usps_all.mat, and HDF5's usps.h5."""

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.inspection import inspect, settings
from lenet.raw.layout import Layout

LAYOUT = Layout.of(side=3, pixel_range=(0, 255))


@pytest.mark.parametrize("compressed", [True, False])
def test_matlab_has_digits_in_columns(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "usps_all.mat"
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 3, 3), np.uint8)
    data = images.transpose(3, 2, 1, 0).reshape(9, 4, 10)
    scipy.io.savemat(path, {"data": data}, do_compression=compressed)
    (values,) = settings([inspect(path)])
    read = formats.read(path, LAYOUT.changed(values)).data
    assert (read.images * 255).astype(np.uint8).tolist() == images.reshape(-1, 3, 3).tolist()
    assert read.labels.tolist() == np.repeat([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], 4).tolist()
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InputError, match="cannot be read as a MATLAB file"):
        formats.read(path, LAYOUT)
    for others in ({"x": data}, {"data": data[:, :, 1:]}, {"data": np.zeros((9, 4, 10), object)}):
        scipy.io.savemat(path, others)
        with pytest.raises(InputError, match="found .*; expected `data`, pixels x images x 10 dig"):
            formats.read(path, LAYOUT)


def test_matlab_expands_no_further_than_digits_do(tmp_path: Path) -> None:
    path = tmp_path / "usps_all.mat"
    data = np.zeros((1024, 1000, 10), np.uint8)
    scipy.io.savemat(path, {"data": data}, do_compression=True)
    with pytest.raises(InputError, match="images take more than 200 times the size of the file"):
        formats.read(path, Layout.of(side=32))


def test_hdf5_has_the_training_images_first(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "usps.h5"
    images = np.random.default_rng(0).integers(0, 256, (5, 9)).astype(np.float32) / 255
    with h5py.File(path, "w") as file:
        for name, part in (("train", slice(3)), ("test", slice(3, 5))):
            file[f"{name}/data"], file[f"{name}/target"] = images[part], np.arange(5)[part]
    assert inspect(path).form == "HDF5: 3 images in train, 2 images in test"
    data = formats.read(path, Layout.of(side=3)).data
    assert data.images.reshape(5, 9).tolist() == images.tolist()
    assert data.labels.tolist() == [0, 1, 2, 3, 4]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read as an HDF5 file"):
        formats.read(path, LAYOUT)
    for shape in ((5, 8), (5,)):
        with h5py.File(path, "w") as file:
            file["train/data"], file["train/target"] = np.zeros(shape), np.zeros(5)
        with pytest.raises(
            InputError, match=r"found data \(5.*\) and target \(5,\); expected numbers"
        ):
            formats.read(path, LAYOUT)


def test_hdf5_names_the_package_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "usps.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(InputError, match="`pip install h5py` brings it"):
        formats.read(tmp_path / "usps.h5", LAYOUT)
