"""Read the settings of a node: mesharr.yml, overridden by the environment, checked by models."""
