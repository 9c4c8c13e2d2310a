"""Open what commands use of a node: its config or the outline of it, its state."""
