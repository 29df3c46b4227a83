"""Write and read a lock of the conda side: conda-lock.yml exactly as conda-lock has it.

What only envdoctor knows stands where conda-lock keeps what it does not read: in `custom_metadata`, as JSON texts.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from typing import TYPE_CHECKING, Any, cast

from packaging import tags
from packaging.pylock import Pylock

from envdoctor import yamlpos
from envdoctor.errors import CannotLook
from envdoctor.formats import pylock
from envdoctor.lock import conda_channels, pypi, virtual
from envdoctor.lock.spots import markers_of, of_platform
from envdoctor.model import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.markers import Environment

    from envdoctor.formats.condalock import CondaLock
    from envdoctor.lock.settle import Settled
    from envdoctor.lock.spots import Spot
    from envdoctor.lock.wanted import Wanted

_OLD_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_FIRST = 5  # the oldest glibc that a wheel may ask for is 2.5


def document(
    settled: Sequence[Settled],
    wanted: Wanted,
    subject: str,
    *,
    channels: Sequence[str],
    hashes: Mapping[str, str],
    asked: Sequence[str],
) -> dict[str, Any]:
    """Give the lock of computers, one for each of conda's platforms."""
    packages = [entry for one in settled for entry in _packages(one)]
    packages.sort(key=lambda entry: (entry["manager"], entry["name"], entry["platform"]))
    rulings = list(dict.fromkeys(ruling for one in settled for ruling in one.rulings))
    own = {
        "schema": pypi.SCHEMA,
        "subject": subject,
        "recipe": wanted.recipe.name,
        "exclude-newer": wanted.before,
        "asked": json.dumps(sorted(asked)),
        "machines": json.dumps([_machine(one.spot) for one in settled], sort_keys=True),
        "packages": pylock.digest(packages),
        "ruled-out": json.dumps([ruling._asdict() for ruling in sorted(rulings)]),
    }
    return {
        "version": 1,
        "metadata": {
            "content_hash": dict(hashes),
            "channels": [{"url": channel, "used_env_vars": []} for channel in channels],
            "platforms": sorted(hashes),
            "sources": [subject],
            "custom_metadata": {f"envdoctor-{key}": value for key, value in own.items()},
        },
        "package": packages,
    }


def size(settled: Settled, packages: Iterable[Mapping[str, Any]]) -> int:
    """Give how many bytes a computer downloads, of what is in its lock, as far as that is stated."""
    records, text = json.loads(settled.text)
    added = tomllib.loads(text)["packages"] if text else []
    stated: dict[str, int] = {w["url"]: w.get("size", 0) for package in added for w in package.get("wheels", ())}
    sizes = [int(record["size"]) for record in records]
    return sum(sizes) + sum(
        stated.get(entry["url"], 0) for entry in packages if entry["platform"] == settled.spot.conda
    )


def _machine(spot: Spot) -> dict[str, Any]:
    packages = {name: " ".join(part for part in value if part) for name, value in virtual.of(spot).items()}
    return {**pypi.machine(spot), "platform": spot.conda, "virtual": packages}


def _packages(settled: Settled) -> Iterator[dict[str, Any]]:
    records, text = json.loads(settled.text)
    for record in records:
        yield _of_conda(record, settled.spot.conda)
    if text:
        yield from _of_pip(text, settled)


def _of_conda(record: Mapping[str, Any], platform: str) -> dict[str, Any]:
    if not record["md5"]:
        hint = "conda-lock.yml demands one of every conda package"
        raise CannotLook(f"the channel states no md5 of {record['name']} {record['version']}", hint=hint)
    needs: dict[str, list[str]] = {}
    for need in record["needs"]:
        name, _, rest = need.partition(" ")
        needs.setdefault(name, []).append(rest.split(" ")[0])
    return {
        "name": record["name"],
        "version": record["version"],
        "manager": "conda",
        "platform": platform,
        "dependencies": {name: _joined(parts) for name, parts in sorted(needs.items())},
        "url": conda_channels.plain(record["url"]),
        "hash": {"md5": record["md5"], **({"sha256": record["sha256"]} if record["sha256"] else {})},
        "category": "main",
        "optional": False,
    }


def _joined(parts: Iterable[str]) -> str:
    return ",".join(sorted({part for part in parts if part not in ("", "*")}))


def _of_pip(text: str, settled: Settled) -> Iterator[dict[str, Any]]:
    """Give what pip adds: of each package the one file that this computer installs."""
    spot, python = settled.spot, settled.versions["python"]
    minor = tuple(int(part) for part in python.split(".")[:2])
    lock = Pylock.from_dict(tomllib.loads(text))
    chosen = lock.select(environment=cast("Environment", markers_of(spot, python)), tags=list(_tags(spot, minor)))
    for package, file in chosen:
        yield {
            "name": str(package.name),
            "version": str(package.version),
            "manager": "pip",
            "platform": spot.conda,
            "dependencies": {},
            "url": getattr(file, "url", None) or "",
            "hash": {"sha256": file.hashes["sha256"]},  # type: ignore[union-attr]
            "category": "main",
            "optional": False,
        }


def _tags(spot: Spot, minor: tuple[int, ...]) -> Iterator[tags.Tag]:
    platforms = list(_platforms(spot))
    yield from tags.cpython_tags(minor, platforms=platforms)
    yield from tags.compatible_tags(minor, f"cp{minor[0]}{minor[1]}", platforms)


def _platforms(spot: Spot) -> Iterator[str]:
    """Give the platform tags of a computer, best first."""
    if spot.system == "windows":
        yield {"AMD64": "win_amd64", "ARM64": "win_arm64"}.get(spot.arch, "win32")
    elif spot.system == "darwin":
        release = [int(part) for part in (spot.macos or virtual.table()["floors"]["osx"]).split(".")]
        yield from tags.mac_platforms((release[0], release[1] if len(release) > 1 else 0), spot.arch)
    else:
        libc = virtual.of(spot)["__glibc"][0]
        for number in range(int(libc.split(".")[1]), _FIRST - 1, -1):
            yield f"manylinux_2_{number}_{spot.arch}"
            if number in _OLD_TAGS:
                yield f"{_OLD_TAGS[number]}_{spot.arch}"
        yield f"linux_{spot.arch}"


def text(lock: Mapping[str, Any], name: str) -> str:
    """Give a lock as the text of a file called so: how it was made, how it is checked, and what it holds."""
    subject = lock["metadata"]["custom_metadata"]["envdoctor-subject"]
    return (
        f"# Made by `envdoctor lock {subject}`: what it asks for, solved under what is known to work together.\n"
        f"# Check it, and an environment against it: `envdoctor lock check {subject}`.\n"
        f"# Install: `conda-lock install -n NAME {name}`, `micromamba create -n NAME -f {name}`.\n"
        f"# It is not to be changed by hand.\n{yamlpos.written(lock)}"
    )


def own(lock: CondaLock) -> dict[str, Any]:
    """Give what envdoctor wrote into a lock, as it is in a pylock.toml; nothing if it was not made by it."""
    return _own(lock.custom)


def compared(packages: Iterable[Mapping[str, Any]], custom: Mapping[str, str]) -> dict[str, Any]:
    """Give a lock as a document in which `changes` can look for what moved, and why."""
    own = _own(custom)
    lines = own.get("asked")
    asked = [str(line).removeprefix("pip ") for line in lines] if isinstance(lines, list) else []
    return {"packages": list(packages), "tool": {"envdoctor": {**own, "asked": asked}}}


def _own(custom: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in custom.items():
        if key.startswith("envdoctor-"):
            try:
                found[key.removeprefix("envdoctor-")] = json.loads(value) if value.startswith(("[", "{")) else value
            except ValueError:
                return {}
    return found


def kept(lock: CondaLock, platform: str) -> list[dict[str, Any]]:
    """Give the conda packages of an earlier lock as records that are to stay."""
    return [
        {
            "name": package.name,
            "version": package.version,
            "build": package.build,
            "url": package.url,
            "md5": package.hashes.get("md5", ""),
            "sha256": package.hashes.get("sha256", ""),
            "needs": [f"{name} {cell}".strip() for name, cell in package.needs.items()],
        }
        for package in lock.of(platform)
        if package.manager == "conda" and "md5" in package.hashes
    ]


def spot_of(lock: CondaLock, platform: str) -> Spot:
    """Give the computer that a lock was made for, as far as it says."""
    rows = own(lock).get("machines")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("platform") == platform:
            said = row.get("facts")
            facts = (
                {str(n): Fact(str(n), str(v), "the lock") for n, v in said.items()} if isinstance(said, dict) else {}
            )
            return dataclasses.replace(of_platform(platform), name=str(row.get("name", "")), facts=facts)
    return of_platform(platform)


def versions(lock: CondaLock, platform: str, names: Mapping[str, str]) -> dict[str, str]:
    """Give the Python and the distributions of a lock, by the names that PyPI knows."""
    found = {}
    for package in lock.of(platform):
        if package.manager == "pip" or package.name == "python":
            found[package.name] = package.version
        elif package.name in names or {"python", "python_abi"} & package.needs.keys():
            found[names.get(package.name, package.name)] = package.version
    return found
