"""What a config that can be used does not name yet: a person may have meant it so, or not be done."""

from typing import Final

from mesharr.settings.models import Config

DOOR: Final = "server.api_key"


def lacking(config: Config) -> list[str]:
    """Return what is not named, each as `KEY: what comes of that`; the door's key is left out."""
    told = bool(config.scanners)
    bare = [] if told else [name for name, library in config.libraries.items() if not library.app]
    kept = {library.app for library in config.libraries.values()}
    idle = [name for name in config.apps if name not in kept]
    found: list[str] = []
    if not config.apps and not (told and config.libraries):
        found.append("apps, no arr: nothing of this household is told, and nothing is added here")
    if not config.libraries:
        found.append("libraries, no part of the drive: this node reads its peers and does nothing")
    if bare:
        found.append(f"an app in {', '.join(bare)}, or a media server: nothing is done there")
    if idle:
        found.append(f"a library whose app is {', '.join(idle)}: what happens there is not heard")
    return found
