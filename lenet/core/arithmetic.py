"""The arithmetic that makes results: AVX2 on every x86-64 processor.

Kernels for AVX-512 add in another order, and training would magnify the difference. NumPy and
MXNet's oneDNN read these variables when they load, so the import of `lenet` sets them.
"""

import os
import platform

os.environ["DNNL_MAX_CPU_ISA"] = "AVX2"
# All that NumPy 1.26 knows of AVX-512.
os.environ["NPY_DISABLE_CPU_FEATURES"] = (
    "AVX512F AVX512CD AVX512_KNL AVX512_KNM AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
)
# MXNet for arm64 computes with OpenBLAS, which would choose kernels by the processor's model.
if platform.machine() == "aarch64":
    os.environ["OPENBLAS_CORETYPE"] = "ARMV8"
