"""Write site-packages that look like a machine-learning stack's, and are in order: for measuring, not for judging."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "tensor kernel flow graph norm latent attention shard rotary cache batch token layer driver matrix".split()
WHEEL = "Wheel-Version: 1.0\nGenerator: synthetic\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
DESCRIPTION_WORDS = 600  # about 4 kB, the median of real ones
RECORD_ROWS = 40


def write(site_packages: Path, count: int, seed: int = 20261123) -> None:
    """Write a number of distributions that meet each other's requirements; the same arguments write the same bytes."""
    dice = random.Random(seed)
    versions: dict[str, str] = {}
    for number in range(count):
        name = f"syn-{WORDS[number % len(WORDS)]}-{number:05d}"
        version = f"{dice.randint(0, 9)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}"
        _write_one(site_packages, name, version, _requirements(dice, versions), dice)
        versions[name] = version


def _requirements(dice: random.Random, earlier: dict[str, str]) -> list[str]:
    """Require up to six of the earlier ones; a fifth of the lines is for an extra or another system."""
    chosen = dice.sample(sorted(earlier), min(len(earlier), dice.randint(0, 6)))
    lines = []
    for name in chosen:
        major = int(earlier[name].split(".")[0])
        bounds = dice.choice(["", f">={major}", f">={major},<{major + 1}", f">={earlier[name]}"])
        marker = dice.choice(["", "", "", "", "", "", "", "", '; extra == "dev"', '; sys_platform == "win32"'])
        lines.append(f"Requires-Dist: {name}{bounds}{marker}")
    return lines


def _write_one(folder: Path, name: str, version: str, requirements: list[str], dice: random.Random) -> None:
    module = name.replace("-", "_")
    about = folder / f"{module}-{version}.dist-info"
    about.mkdir()
    headers = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Requires-Python: >=3.9"]
    headers += [*requirements, "Provides-Extra: dev", "Description-Content-Type: text/markdown"]
    description = "\n".join(" ".join(dice.choices(WORDS, k=12)) for _ in range(DESCRIPTION_WORDS // 12))
    files = {"METADATA": "\n".join([*headers, "", description, ""]), "WHEEL": WHEEL, "INSTALLER": "pip\n"}
    rows = [f"{module}/__init__.py,,", *(f"{module}/__pycache__/m{row}.pyc,," for row in range(RECORD_ROWS))]
    files["RECORD"] = "\n".join([*rows, *(f"{about.name}/{file},," for file in (*files, "RECORD")), ""])
    for file, text in files.items():
        (about / file).write_text(text)
    (folder / module).mkdir()
    (folder / module / "__init__.py").write_text(f'__version__ = "{version}"\n')
