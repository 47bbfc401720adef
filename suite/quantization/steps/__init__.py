"""The steps of a recipe that rewrites a network, a module each, and the network they rewrite."""
