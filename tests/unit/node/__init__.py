"""The stages of a node, one piece at a time."""
