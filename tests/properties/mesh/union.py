"""A union of a local branch and the drive, as mergerfs makes one.

Its files are links to those of both branches.

What an app does in it is carried over to the branches by `push`, what happened in them by `pull`. A file
that is there stays on its branch, also under another name or with another content; a new one lands on the
local branch.
"""

import os
from pathlib import Path
from typing import NamedTuple


class Tree(NamedTuple):
    """What a folder holds: its files, each with its inode, and the folders, by relative path."""

    files: dict[str, int]
    folders: set[str]


def tree_of(root: str) -> Tree:
    """Return what a folder holds."""
    files: dict[str, int] = {}
    folders: set[str] = set()
    todo = [""]
    while todo:
        below = todo.pop()
        with os.scandir(f"{root}/{below}" if below else root) as entries:
            for entry in entries:
                relative = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.add(relative)
                    todo.append(relative)
                else:
                    files[relative] = entry.inode()
    return Tree(files, folders)


class Union:
    """The union of one library."""

    def __init__(self, cloud: Path, local: Path, merged: Path) -> None:
        self._branches = (str(local), str(cloud))
        self._merged = str(merged)
        self._shown = Tree({}, set())
        for folder in (local, merged):
            folder.mkdir(parents=True)
        self.pull()

    @property
    def local(self) -> Tree:
        """What the local branch holds."""
        return tree_of(self._branches[0])

    def sync(self) -> None:
        """Carry over what was done in the union, then what was done in the branches."""
        self.push()
        self.pull()

    def pull(self) -> None:
        """Show what the branches hold, the local one first."""
        local, cloud = (tree_of(branch) for branch in self._branches)
        have = tree_of(self._merged)
        self._shown = Tree({**cloud.files, **local.files}, local.folders | cloud.folders)
        if have == self._shown:
            return
        for path, inode in have.files.items():
            if self._shown.files.get(path) != inode:
                os.unlink(f"{self._merged}/{path}")
        for folder in sorted(have.folders - self._shown.folders, reverse=True):
            os.rmdir(f"{self._merged}/{folder}")
        for folder in sorted(self._shown.folders - have.folders):
            os.mkdir(f"{self._merged}/{folder}")
        for path, inode in self._shown.files.items():
            if have.files.get(path) != inode:
                branch = self._branches[0 if path in local.files else 1]
                os.link(f"{branch}/{path}", f"{self._merged}/{path}")

    def push(self) -> None:
        """Do in the branches what was done in the union since it was last made."""
        have, shown = tree_of(self._merged), self._shown
        if have == shown:
            return
        gone = {path: inode for path, inode in shown.files.items() if have.files.get(path) != inode}
        new = {path: inode for path, inode in have.files.items() if shown.files.get(path) != inode}
        by_inode = {inode: path for path, inode in new.items()}
        moving: list[tuple[str, str]] = []
        for path, inode in gone.items():
            for branch in self._branches:
                if inode not in by_inode:
                    _unlink(f"{branch}/{path}")
                elif os.path.exists(f"{branch}/{path}"):
                    between = f"{branch}/.moving-{inode}"
                    os.rename(f"{branch}/{path}", between)
                    moving.append((between, f"{branch}/{by_inode[inode]}"))
        moved = {inode for inode in gone.values() if inode in by_inode}
        for between, target in moving:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.rename(between, target)
        for path, inode in new.items():
            target = f"{self._branches[0]}/{path}"
            if inode not in moved:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                _unlink(target)
                os.link(f"{self._merged}/{path}", target)
        for folder in sorted(have.folders - shown.folders):
            os.makedirs(f"{self._branches[0]}/{folder}", exist_ok=True)
        for folder in sorted(shown.folders - have.folders, reverse=True):
            for branch in self._branches:
                _rmdir(f"{branch}/{folder}")


def _unlink(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def _rmdir(path: str) -> None:
    if os.path.isdir(path) and not os.listdir(path):
        os.rmdir(path)
