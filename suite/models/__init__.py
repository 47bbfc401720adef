"""A card's ONNX files."""
