"""How the installed suite is found, in repositories with a package ``suite`` of their own too.

The wheel has this package at its root. Nothing here imports ``suite`` before gates are asked for.
"""
