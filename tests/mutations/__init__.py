"""A catalogue of what goes wrong in a quantized recogniser, by which the gates are measured."""
