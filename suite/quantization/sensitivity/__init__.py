"""What each layer of a quantized network costs, and which to keep in float."""
