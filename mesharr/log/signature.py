"""The type of a check of signatures: the log is read without the library that makes them."""

from collections.abc import Callable

Verify = Callable[[bytes, bytes], bool]
"""Returns whether (signature, message) is of the owner's key."""
