"""How a node is told what it is: the file, the environment over it, and the models of both."""
