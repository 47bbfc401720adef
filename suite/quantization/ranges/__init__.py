"""The ranges of a network's tensors, which calibration faces give and a quantized network needs."""
