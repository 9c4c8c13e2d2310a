"""What can be wrong with a node's setup, each with its fix."""
