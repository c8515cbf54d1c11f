"""The one module that imports onnxruntime, with its telemetry switched off before.

Since 1.29 onnxruntime writes a device id and an event database under the home directory, and sends
them. It does neither if this variable is set when the library loads.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

__all__ = ["onnxruntime"]
