"""The cap on the arithmetic, which makes one result on every x86-64 processor."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the cap is for x86-64")

CONVOLVE = """
import hashlib
from lenet.model._mxnet import mx
import numpy as np
from numpy.core._multiarray_umath import __cpu_features__
mx.random.seed(0)
images, kernels = (mx.nd.random.normal(shape=shape) for shape in ((8, 8, 14, 14), (16, 8, 5, 5)))
maps = mx.nd.Convolution(images, kernels, no_bias=True, kernel=(5, 5), num_filter=16).asnumpy()
print(sorted(name for name, on in __cpu_features__.items() if on and name.startswith("AVX")))
print(hashlib.sha256(np.exp(maps).tobytes()).hexdigest())
"""


def printed(code: str, **variables: str) -> str:
    command, environment = [sys.executable, "-c", code], os.environ | variables
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_arithmetic_is_capped_whatever_the_environment_says() -> None:
    expected = printed(CONVOLVE, DNNL_MAX_CPU_ISA="ALL", DNNL_VERBOSE="1")
    assert "dnnl_verbose,info,cpu,isa:Intel AVX2\n" in expected
    assert ",convolution,jit:avx2," in expected
    features, digest = expected.splitlines()[-2:]
    assert features == "['AVX', 'AVX2']"
    other = {"DNNL_MAX_CPU_ISA": "SSE41", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"}
    assert printed(CONVOLVE, **other) == f"{features}\n{digest}\n"


def test_numpy_with_other_arithmetic_is_refused() -> None:
    first = "import numpy, lenet.model._mxnet"
    assert printed(first, NPY_DISABLE_CPU_FEATURES="AVX2").startswith(
        "error: NumPy computes with {'AVX2': False, "
    )
