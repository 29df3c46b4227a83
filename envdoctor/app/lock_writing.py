"""Write what was settled: in one file where a marker tells the computers apart, else in one each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.app import lock_files
from envdoctor.lock import changes, compare, keep, merge, pypi
from envdoctor.model.locks import Written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envdoctor.app.lock_settling import Ground
    from envdoctor.formats.pylock import Lock
    from envdoctor.lock.settle import Settled


def put(ground: Ground, settled: Sequence[Settled], old: Mapping[Path, Lock], folder: Path) -> list[Written]:
    """Write the locks of what was settled, unless that is only to be told."""
    asked, groups = ground.asked, merge.groups(settled)
    paths = _paths(ground.recipe.name, groups, old, folder)
    documents = [pypi.document(group, ground.wanted, asked.title) for group in groups]
    for path, document in zip(paths, documents, strict=True):
        compare.keep_seal(document, old.get(path))
        changes.refuse_others(old[path].document if path in old else None, document, str(path))
    rows = zip(paths, documents, groups, strict=True)
    written = [_written(path, document, group, old.get(path), asked.dry) for path, document, group in rows]
    for path, document in zip(paths, documents, strict=True) if not asked.dry else ():
        keep.write(path, pypi.text(document, path.name))
    for path in _superseded(old, paths, settled):
        ground.tell(f"{path} is {'to be removed' if asked.dry else 'removed'}: its machines are locked elsewhere now")
        path.unlink() if not asked.dry else None
    return written


def _paths(name: str, groups: Sequence[Sequence[Settled]], old: Mapping[Path, Lock], folder: Path) -> list[Path]:
    """Give where the locks go; one that a single machine already has stays where it is."""
    whole = folder / lock_files.named(name)
    each = [folder / lock_files.named(name, group[0].spot.name) for group in groups]
    stays = len(groups[0]) == 1 and each[0] in old and whole not in old
    return each if len(groups) > 1 or stays else [whole]


def _superseded(old: Mapping[Path, Lock], paths: Sequence[Path], settled: Sequence[Settled]) -> list[Path]:
    """Give the locks of the recipe that are out of date, for all their machines have another one now."""
    now = {"", *(one.spot.name for one in settled)}
    return [path for path, lock in old.items() if path not in paths and now >= {s.name for s in pypi.spots_of(lock)}]


def _written(
    path: Path, document: Mapping[str, Any], group: Sequence[Settled], before: Lock | None, dry: bool
) -> Written:
    packages = document["packages"]
    files = [file for package in packages for file in (package.get("wheels") or [package.get("sdist", {})])[:1]]
    return Written(
        path=str(path),
        machines=tuple(one.spot.name for one in group if one.spot.name),
        python=group[0].spot.python,
        before=document["tool"]["envdoctor"]["exclude-newer"].isoformat().replace("+00:00", "Z"),
        packages=len(packages),
        size=sum(file.get("size", 0) for file in files),
        rulings=tuple(dict.fromkeys(ruling for one in group for ruling in one.rulings)),
        moved=tuple(changes.between(before.document if before else None, document)),
        builds=tuple(package["name"] for package in packages if "sdist" in package and not package.get("wheels")),
        yanked=tuple(dict.fromkeys(name for one in group for name in one.yanked)),
        dry=dry,
        new=before is None,
        same=before is not None and before.document == document,
    )
