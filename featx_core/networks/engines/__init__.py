"""What runs a network on this machine: TensorFlow, OpenVINO, and the choice between them."""
