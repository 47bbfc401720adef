"""Several runs made one report."""
