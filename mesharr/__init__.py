"""mesharr makes the arrs of several households one library, with no server between them."""

__version__ = "0.1.0"
