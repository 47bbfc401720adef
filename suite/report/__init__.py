"""Records in, Markdown and JSON out."""
