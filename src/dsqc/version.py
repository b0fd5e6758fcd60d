"""The version, in a module of its own: importing the package itself would lead to everything."""

__version__ = "0.1.0"
