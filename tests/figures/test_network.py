import numpy as np
import pytest

from lenet.figures.network import draw_kernels, draw_outputs


def test_each_kernel_is_shown_in_the_same_scale() -> None:
    kernels = np.random.default_rng(0).normal(size=(6, 5, 5)).astype(np.float32)
    panels = draw_kernels(kernels).axes[:6]
    for axes, kernel in zip(panels, kernels, strict=True):
        (image,) = axes.images
        np.testing.assert_array_equal(np.ma.getdata(image.get_array()), kernel)
        assert image.get_clim() == pytest.approx((-np.abs(kernels).max(), np.abs(kernels).max()))


def test_each_layer_is_shown_and_the_scores_as_probabilities() -> None:
    generator = np.random.default_rng(0)
    shapes = {"C1": (6, 12, 12), "C3": (16, 2, 2), "F6": (84,), "O7": (10,)}
    outputs = {name: generator.normal(size=s).astype(np.float32) for name, s in shapes.items()}
    first, c1, c3, f6, last = draw_outputs(np.ones((16, 16), np.float32), outputs).axes
    assert [axes.get_ylabel().splitlines()[0] for axes in (first, c1, c3, f6, last)] == [
        *("input", "C1", "C3", "F6", "O7")
    ]
    assert c1.get_ylabel().splitlines()[1] == "6 x 12 x 12"
    c1_map = np.ma.filled(c1.images[0].get_array(), np.nan)
    assert np.array_equal(c1_map[1:13, 15:27], outputs["C1"][1])
    assert np.array_equal(np.ma.filled(f6.images[0].get_array(), np.nan)[1, 1:-1], outputs["F6"])
    (bars,) = last.containers
    heights = [bar.get_height() for bar in bars]
    expected = np.exp(outputs["O7"]) / np.exp(outputs["O7"]).sum()
    assert heights == pytest.approx(expected.tolist(), rel=1e-5)
