"""What happens in the mesh, as values: seeds and hypothesis draw the same, and each can be played again."""

from dataclasses import dataclass, fields

SOON_S, LATER_S, HOUR_S = 5.0, 300.0, 3600.0
PAUSES = (SOON_S, 40.0, LATER_S, 2 * HOUR_S)
"""How long people wait before the next thing happens."""
AT_ONCE_S, SECOND_S = 0.0, 1.0
"""Pauses inside a sequence: with the first no stage runs between two deeds."""
LOOKS = ("compare", "history", "hourly")
"""The checks of a node that no webhook asks for."""
FAULTS = ("late", "doubled", "lost", "disordered")
"""What happens to webhooks on their way."""
QUIRKS = ("slow", "two rows", "parallel", "row again", "busy", "fuzzy", "client away")
"""What real apps do now and then, see `Facts`; `parallel` is slow and with two rows.

`wavers` is played by a fixed sequence and the theme `undecided` alone: it says something only where an album
is there twice.
"""


@dataclass(frozen=True)
class Deed:
    """Something a person, or the arr for them, does with one item.

    It can be done at any time: what is impossible in the arr as it is then is left out, and what is done
    with an item that is not there adds it. `item` counts from 1; `unit` is the number of one of its units,
    `number` what names and sizes are made of, `flag` what is switched or whether files go, too. A refresh,
    or the one of an add, stops for a while at its `stage`, once it has read the rows of the item: the next
    `during` acts happen before it goes on, and writes those rows back. Then `then` seconds pass.
    """

    who: int
    library: str
    what: str
    item: int = 1
    unit: int = 0
    number: int = 1000
    flag: bool = True
    stage: str = ""
    during: int = 0
    then: float = SOON_S

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Trouble:
    """Something fails for some seconds: every other request to `app`, as `dice` fall, or the node is off."""

    who: int
    app: str = ""
    seconds: float = 1200.0
    dice: int = 0
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Order:
    """From now on the stages of all nodes and the commands of their apps run in an order that `dice` mix.

    With 0 dice each node goes through all its stages before the next one does.
    """

    dice: int = 0
    who: int = 0
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Look:
    """A node makes one of the `LOOKS` right now, whatever waits in its inbox."""

    who: int
    what: str = "compare"
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Hooks:
    """The webhooks of a household's apps arrive `late`, `doubled` or `disordered`, or are `lost`."""

    who: int
    what: str = "late"
    seconds: float = 60.0
    dice: int = 0
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Unpublished:
    """A node publishes nothing for a while, as when the store is away."""

    who: int
    seconds: float = 60.0
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Quirk:
    """For some seconds an app does one of the `QUIRKS`."""

    who: int
    library: str
    what: str = "slow"
    seconds: float = 600.0
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Meanwhile:
    """Things happen in the middle of a later request of a node to one of its apps.

    The app has answered, and the node does not know it yet: the next `during` acts happen, and the other
    nodes go on, and so do the other loops of this one. `skip` requests of the `method` pass before.
    """

    who: int
    app: str
    method: str = "GET"
    skip: int = 0
    during: int = 1
    then: float = 0.0

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


@dataclass(frozen=True)
class Restore:
    """A database of an app is backed up, or restored from its last backup; a restart and a refresh follow."""

    who: int
    library: str
    what: str = "back up"
    then: float = SOON_S

    def __repr__(self) -> str:
        """Return it as it is written in a test: without what is as always."""
        return _written(self)


Disturbance = Order | Look | Hooks | Unpublished | Quirk | Meanwhile | Restore
Act = Deed | Trouble | Disturbance


def _written(act: Act) -> str:
    said = [
        f"{each.name}={value!r}" for each in fields(act) if (value := getattr(act, each.name)) != each.default
    ]
    return f"{type(act).__name__}({', '.join(said)})"
