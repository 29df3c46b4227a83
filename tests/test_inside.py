"""Paths below the root of an image never leave it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envdoctor.facts.inside import Root

if TYPE_CHECKING:
    from pathlib import Path


def test_a_root_is_never_left(tmp_path: Path) -> None:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("inside")
    (tmp_path / "root/absolute").symlink_to("/etc")
    (tmp_path / "root/up").symlink_to("../../../../etc")
    (tmp_path / "root/loop").symlink_to("loop")
    root = Root(str(tmp_path / "root"))
    for name in ("absolute", "up"):
        assert root.real(f"{tmp_path}/root/{name}/os-release") == f"{tmp_path}/root/etc/os-release"
    assert not os.path.exists(root.real(f"{tmp_path}/root/loop"))
    assert root.placed("/etc/os-release") == f"{tmp_path}/root/etc/os-release"
