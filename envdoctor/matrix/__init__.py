"""The matrix: all that is known to work or fail together, read from the YAML files beside this module.

Rules, tables and names become one noun, the claim. Only claims whose components are there are read for a check: each
is kept under one component that it cannot do without, and the names of a package under the module that has them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.errors import UserError
from envdoctor.matrix import cache, claims, implied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from envdoctor.matrix.entries import Entry
    from envdoctor.matrix.store import Store
    from envdoctor.model import Claim, Facts
    from envdoctor.model.diagnosis import Mechanism, Origins

BUNDLED = Path(__file__).parent
_CLAIMS, _ALWAYS = "claims ", ""
_SHORTEST_MEMBER = 2  # parts of a name that may be a module's
_UNTOLD: dict[str, Any] = {"trigger": [], "bad": [], "good": [], "probe": ""}  # what a log cannot show


class Matrix(NamedTuple):
    """Every compiled entry; a part is read where it is asked for."""

    store: Store

    def concerning(self, present: Collection[str], used: Iterable[str] = ()) -> tuple[Claim, ...]:
        """Give the claims that can say something about a target with these components, where these names are used."""
        asked = {*present, *(f"uses {part}" for name in used for part in _prefixes(name))}
        concerned = (name for name in self.store.places if name.startswith(_CLAIMS) and name[len(_CLAIMS) :] in asked)
        parts = (self.store.part(name) for name in [f"{_CLAIMS}{_ALWAYS}", *sorted(concerned)])
        found = (item for part in parts if part for item in claims.unfolded(part))
        return tuple(claims.build(record) for _, trigger, record in found if all(name in asked for name in trigger))

    def everything(self) -> tuple[Claim, ...]:
        """Give every claim, in the order of the files."""
        parts = (self.store.part(name) for name in self.store.places if name.startswith(_CLAIMS))
        items = sorted((item for part in parts for item in claims.unfolded(part)), key=lambda item: item[0])
        return tuple(claims.build(record) for *_, record in items)

    def with_symptoms(self) -> tuple[Claim, ...]:
        """Give every claim that a log may show."""
        return tuple(claims.build(record) for *_, record in claims.unfolded(self.store.part("symptoms")))

    def codes(self) -> frozenset[str]:
        """Give the code of every claim."""
        return frozenset(self.store.part("codes"))

    def variables(self) -> frozenset[str]:
        """Give the names of the variables and slow facts that some claim asks for."""
        return frozenset(self.store.part("variables"))

    def conda_names(self) -> dict[str, str]:
        """Give conda's names as PyPI's."""
        return dict(self.store.part("conda"))

    def modules(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Give the distributions that bring the top-level modules of these dotted names, as far as they are known."""
        tops = dict.fromkeys(name.partition(".")[0] for name in names)
        known = self.store.part("modules") if tops else {}
        return {top: known[top] for top in tops if top in known}

    def returns(self) -> dict[str, str]:
        """Give the classes of what functions give back, both by their dotted names."""
        return dict(self.store.part("returns"))

    def members(self, tail: str) -> list[str]:
        """Give the public names that end so: `DataFrame.append`, or `LGBMModel.fit.verbose` with an argument."""
        known: dict[str, list[str]] = self.store.part("members")
        listed = known.get(".".join(tail.split(".")[-2:]), ())
        return [name for name in listed if name.endswith(f".{tail}")]

    def completed(self, facts: Facts) -> Facts:
        """Give facts with what follows from them: facts that other facts imply, distributions that stand in."""
        completed = implied.with_stand_ins(facts, self.store.part("stands-in"))
        return implied.over(completed, self.store.part("implied"), lambda name: self.store.part(f"implied {name}"))

    def mechanisms(self) -> tuple[Mechanism, ...]:
        """Give every mechanism by which jobs die."""
        return tuple(claims.mechanism(record) for record in self.store.part("mechanisms").values())

    def origins(self) -> Origins:
        """Give what is known of where modules, libraries and symbols come from."""
        return claims.origins(self.store.part("modules"), self.store.part("origins"))

    def wheelless(self) -> dict[str, Any]:
        """Give the metadata of packages that have no wheel: name → version → requires, python."""
        return dict(self.store.part("wheelless"))


def _prefixes(name: str) -> Iterator[str]:
    """Give `a`, `a.b`, `a.b.c` of `a.b.c`."""
    parts = name.split(".")
    return (".".join(parts[: number + 1]) for number in range(len(parts)))


def files(folders: Sequence[Path] = ()) -> list[Path]:
    """Give the data files of the bundled matrix and of further folders, in a stable order."""
    for folder in folders:
        if not folder.is_dir():
            raise UserError("no such folder of matrix files", place=str(folder), hint="`--matrix` takes a folder")
    return [path for folder in (BUNDLED, *folders) for path in sorted(folder.rglob("*.yml"))]


def load(folders: Sequence[Path] = ()) -> Matrix:
    """Give the matrix, from the cache where the files have not changed; raise UserError for a mistake in them."""
    return Matrix(cache.remembered(files(folders), _compile))


def _compile(sources: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Compile (file, text) pairs into named parts; a later entry replaces an earlier one of the same code."""
    from envdoctor.matrix import entries  # not at the start: it reads YAML

    by_code: dict[str, Entry] = {}
    plain: dict[str, dict[str, Any]] = {kind: {} for kind in entries.LISTING}
    for file, source in sources:
        seen: set[str] = set()
        for entry in entries.read(source, file):
            if entry.kind in plain:
                _join(plain[entry.kind], entry.holds)
            elif entry.code in seen:
                raise UserError(f"`{entry.code}` stands in this file twice", place=entry.place)
            else:
                seen.add(entry.code)
                by_code[entry.code] = entry
    records = [record for entry in by_code.values() for record in entry.records]
    return {
        "codes": sorted(by_code),
        "variables": sorted({name for record in records for name in record.pop("variables")}),
        "symptoms": claims.folded([(0, [], record | _UNTOLD) for record in records if record["symptoms"]]),
        "conda": plain["conda"],
        "modules": plain["modules"],
        "returns": plain["returns"],
        "members": _members(records),
        "wheelless": plain["metadata"],
        "stands-in": {name: other for other, names in plain["stands-in"].items() for name in names},
        "implied": {name: found["by"] for name, found in plain["implied"].items()},
        **{f"implied {name}": found["names"] for name, found in plain["implied"].items()},
        "mechanisms": plain["mechanism"],
        "origins": plain["origins"],
        **{f"claims {key}": claims.folded(part) for key, part in _by_component(records).items()},
    }


def _join(known: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what an entry lists; mappings grow, anything else is replaced."""
    for name, found in more.items():
        if isinstance(found, dict) and isinstance(known.get(name), dict):
            _join(known[name], found)
        else:
            known[name] = found


def _members(records: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Give the public names of members and arguments by their last two parts, for who sees no more of them."""
    found: dict[str, list[str]] = {}
    for name in (record["uses"][0] for record in records if record["package"]):
        if len(parts := name.split(".")) > _SHORTEST_MEMBER:
            found.setdefault(".".join(parts[-2:]), []).append(name)
    return found


def _by_component(records: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Put each record under the one of its components that the fewest others name; (number, trigger, record)."""
    often = Counter(name for record in records for name in record["trigger"])
    parts: dict[str, list[Any]] = {}
    for number, record in enumerate(records):
        trigger: list[str] = record.pop("trigger")
        key = min(trigger, key=lambda name: (often[name], name), default=_ALWAYS)
        if key.startswith("uses "):
            key = key.partition(".")[0]
        parts.setdefault(key, []).append((number, trigger, record))
    return parts


def entry_errors(folders: Sequence[Path] = ()) -> Iterator[UserError]:
    """Give every mistake of form in the bundled files and in further folders; these may replace bundled entries."""
    from envdoctor.matrix import entries

    every = files(folders)
    for folder in (BUNDLED, *folders):
        places: dict[str, str] = {}
        for path in (one for one in every if one.is_relative_to(folder)):
            for found in entries.examine(path.read_text(encoding="utf-8"), str(path)):
                if isinstance(found, UserError):
                    yield found
                elif found.code in places:
                    hint = f"also at {places[found.code]}"
                    yield UserError(f"`{found.code}` stands twice", place=found.place, hint=hint)
                elif found.code:
                    places[found.code] = str(found.place)
