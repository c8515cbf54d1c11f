"""Export of the trained network to ONNX, and recognition by ONNX Runtime."""
