"""Rendered faces and the four embedded families; needs the ``train`` extra beyond the renderer."""
