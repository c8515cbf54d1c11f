"""NumPy functions recorded as an ONNX graph."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import spox.opset.ai.onnx.v17 as op
from spox import Var

_FUNCTIONS: Mapping[Any, Callable[..., Var]] = {
    np.add: op.add,
    np.subtract: op.sub,
    np.multiply: op.mul,
    np.divide: op.div,
    np.power: op.pow,
    np.sqrt: op.sqrt,
    np.maximum: lambda *values: op.max(values),
    np.greater: op.greater,
    np.where: op.where,
}


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of the graph; NumPy's functions and operators on it add nodes.

    Constants take the dtype of the array that they are combined with.

    Args:
        var: the value in the graph.
    """

    def __init__(self, var: Var) -> None:
        self.var = var

    @property
    def dtype(self) -> np.dtype:
        """The type of the elements."""
        return np.dtype(self.var.unwrap_tensor().dtype)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape; sides that are unknown while the graph is built are no numbers."""
        return tuple(self.var.unwrap_tensor().shape or ())

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any
    ) -> "Traced":
        return self._record(ufunc, inputs, keywords) if method == "__call__" else NotImplemented

    def __array_function__(
        self, func: Callable, types: Any, inputs: tuple, keywords: dict
    ) -> "Traced":
        return self._record(func, inputs, keywords)

    def _record(self, function: Any, inputs: tuple, keywords: dict) -> "Traced":
        # NumPy raises a TypeError that names the function.
        if function not in _FUNCTIONS or keywords:
            return NotImplemented
        # A comparison gives booleans, whose dtype does not suit the constants of `np.where`.
        dtype = next(i.dtype for i in inputs if isinstance(i, Traced) and i.dtype != np.bool_)
        values = [
            i.var if isinstance(i, Traced) else op.constant(value=np.asarray(i, dtype))
            for i in inputs
        ]
        return Traced(_FUNCTIONS[function](*values))

    def sum(self, axis: int, dtype: type[np.generic] | None = None) -> "Traced":
        """Return the sums along `axis`, computed with elements of `dtype`."""
        values = self.astype(dtype) if dtype else self
        axes = op.constant(value=np.array([axis], np.int64))
        return Traced(op.reduce_sum(values.var, axes, keepdims=0))

    def astype(self, dtype: type[np.generic]) -> "Traced":
        """Return the array with elements of `dtype`."""
        return self if self.dtype == dtype else Traced(op.cast(self.var, to=dtype))
