"""Read the settings of a node from mesharr.yml and the environment."""
