"""The trained network as ONNX, and at work in ONNX Runtime."""
