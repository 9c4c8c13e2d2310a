"""`python -m tests.sim`: the simulation of the log; see `tests.properties.sim`."""

from tests.properties.sim.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
