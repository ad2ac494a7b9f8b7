"""Models in ONNX: walked and written anew without any library, and then run by OpenVINO."""
