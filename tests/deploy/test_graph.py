"""The recorded graph computes what NumPy computes; ONNX Runtime is asked."""

from collections.abc import Callable

import numpy as np
import pytest
from spox import Tensor, argument, build

from lenet.deploy import graph
from lenet.deploy._onnxruntime import onnxruntime
from lenet.deploy.graph import Traced

VALUES = np.random.default_rng(0).uniform(0.1, 2, (4, 3))


def computed(function: Callable, values: np.ndarray) -> np.ndarray:
    """Return what the graph of `function` gives in ONNX Runtime."""
    x = argument(Tensor(values.dtype.type, ("n", *values.shape[1:])))
    result = function(Traced(x))
    content = build({"x": x}, {"y": result.var}).SerializeToString()
    (answer,) = onnxruntime.InferenceSession(content).run(None, {"x": values})
    assert answer.dtype == result.dtype
    return answer


FUNCTIONS: dict[Callable, Callable] = {
    np.add: lambda x: 2 + x + 1.5,
    np.subtract: lambda x: 1 - x - [0.25, 0.5, 0.75],
    np.multiply: lambda x: 3 * x * x,
    np.divide: lambda x: 1 / x / 3,
    np.power: lambda x: x**0.35,
    np.sqrt: np.sqrt,
    np.maximum: lambda x: np.maximum(x, 1.0),
    np.greater: lambda x: x > 1,
    np.where: lambda x: np.where(x > 1, x, -1.0),
}


def test_every_traced_function_is_tested() -> None:
    assert FUNCTIONS.keys() == graph._FUNCTIONS.keys()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=[f.__name__ for f in FUNCTIONS])
def test_functions_compute_what_numpy_computes(
    function: Callable, dtype: type[np.floating]
) -> None:
    values = VALUES.astype(dtype)
    np.testing.assert_allclose(
        computed(function, values), function(values), rtol=1e-6 if dtype is np.float32 else 1e-12
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_sums_are_of_the_dtype_that_is_asked_for(axis: int) -> None:
    # float32 cannot hold these sums.
    values = np.array([[1e8, 1, -1e8], [3, 2e8, 1]], np.float32)
    exact = computed(lambda x: x.sum(axis=axis, dtype=np.float64), values)
    np.testing.assert_array_equal(exact, values.sum(axis=axis, dtype=np.float64))
    assert computed(lambda x: x.sum(axis=axis), values).dtype == np.float32


@pytest.mark.parametrize(
    "function",
    [np.cos, lambda x: np.concatenate([x]), lambda x: np.add(x, 1, dtype=np.float32)],
    ids=["function", "function of arrays", "keyword"],
)
def test_what_cannot_be_traced_is_refused(function: Callable) -> None:
    with pytest.raises(TypeError, match="NotImplemented|no implementation found"):
        function(Traced(argument(Tensor(np.float64, ("n", 3)))))
