"""Faces cut out of images: by points, by a detector, by a box with a margin."""
