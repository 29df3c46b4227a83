"""What code at a Python's start makes is no gap, and what it does not make is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.link.jobs import linked, problems
from tests.link.trees import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAM = "import made\nimport gone\n"
FINDER = "import sys\nsys.meta_path.append(Finder())\n"
NAMED = "import sys\nsys.modules['made'] = 1\n"
ANY = "import sys\nfor name in names():\n    sys.modules[name] = 1\n"
HOOKS: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "a line that makes it": ({"a.pth": "import sys; sys.modules['made'] = 1\n"}, ["gone"]),
    "a module that makes it": ({"a.pth": "import hook\n", "hook.py": NAMED}, ["gone"]),
    "a customized start": ({"sitecustomize.py": NAMED}, ["gone"]),
    "a finder": ({"a.pth": "import hook\n", "hook.py": FINDER}, []),
    "names that are not spelled": ({"usercustomize.py": ANY}, []),
    "a line that makes nothing": ({"a.pth": "import sys\n"}, ["made", "gone"]),
}


@pytest.mark.parametrize("name", HOOKS)
def test_only_what_a_hook_may_make_is_let_pass(name: str, site: Path) -> None:
    files, missing = HOOKS[name]
    written(site, files)
    found = problems(linked(site, PROGRAM))
    assert sorted(finding.cause.split("'")[1] for finding in found) == sorted(missing)


def test_a_package_whose_folder_is_there_misses_its_parts_although_a_line_makes_it(site: Path) -> None:
    line = "import sys, types; sys.modules.setdefault('made', types.ModuleType('made'))\n"
    written(site, {"a-nspkg.pth": line, "made/part.py": ""})
    (finding,) = problems(linked(site, "import made.part\nimport made.gone\n"))
    assert "No module named 'made.gone'" in finding.cause
