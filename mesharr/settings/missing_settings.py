"""Find the settings that a valid mesharr.yml may have left out by mistake."""

from typing import Final

from mesharr.settings.models import Config

API_KEY: Final = "server.api_key"


def missing_settings(config: Config) -> list[str]:
    """Return what is not named, each as `KEY: consequence`; `server.api_key` is not among them."""
    scans = bool(config.scanners)
    unused = [] if scans else [name for name, library in config.libraries.items() if not library.app]
    managed = {library.app for library in config.libraries.values()}
    idle = [name for name in config.apps if name not in managed]
    found: list[str] = []
    if not config.apps and not (scans and config.libraries):
        found.append("apps: nothing of this household is published, and nothing is added here")
    if not config.libraries:
        found.append("libraries: this node reads its peers' events and does nothing")
    if unused:
        found.append(f"an app in {', '.join(unused)}, or a media server: nothing is done there")
    if idle:
        found.append(f"a library whose app is {', '.join(idle)}: what happens there is not published")
    return found
