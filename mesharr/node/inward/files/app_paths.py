"""Name files and folders to an app as the app itself spells the library's root folder."""

from mesharr.arr.base import Arr
from mesharr.core.paths import at, spelled_root, unicode_form
from mesharr.node.model import Library


def note_root(library: Library, folder: str) -> None:
    """Learn how the app spells a library's root from an item's folder that it lists."""
    if root := spelled_root(library.root, folder):
        library.app_root.spelled = root


class AppPaths:
    """The absolute paths of one library as its app sees and spells them."""

    def __init__(self, library: Library, arr: Arr) -> None:
        self._library = library
        self._arr = arr

    @property
    def root(self) -> str:
        """The root folder.

        While the app lists nothing of the library, it is asked, if there may be another Unicode form.
        """
        library = self._library
        if not library.app_root.spelled and not library.root.isascii():
            form = unicode_form(library.root)
            found = (root for root in self._arr.roots() if unicode_form(root) == form)
            library.app_root.spelled = next(found, library.root)
        return library.app_root.spelled or library.root

    def at(self, path: str) -> str:
        """Return the absolute path of a library path."""
        return at(self.root, path)
