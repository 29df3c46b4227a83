"""Locks and lists of conda and pip for the tests, as short as they may be."""

from __future__ import annotations

import json

HASH = "0" * 64


def conda_lock(*packages: tuple[str, str, str], platforms: tuple[str, ...] = ("linux-64",)) -> str:
    """Give the text of a conda-lock.yml; a package is a name, a version and its manager."""
    entries = [
        {
            "name": name,
            "version": version,
            "manager": manager,
            "platform": platform,
            "dependencies": {},
            "url": f"https://x/{name}-{version}-" + ("h_0.conda" if manager == "conda" else "py3-none-any.whl"),
            "hash": {"sha256": HASH},
        }
        for platform in platforms
        for name, version, manager in packages
    ]
    about = {
        "content_hash": dict.fromkeys(platforms, "abc"),
        "channels": [{"url": "conda-forge", "used_env_vars": []}],
        "platforms": platforms,
        "sources": ["environment.yml"],
    }
    return json.dumps({"version": 1, "metadata": about, "package": entries}, indent=1)


def pylock(*packages: tuple[str, str, str]) -> str:
    """Give the text of a pylock.toml; a package is a name, a version and a marker."""
    text = 'lock-version = "1.0"\nrequires-python = ">=3.11"\ncreated-by = "a test"\n'
    for name, version, marker in packages:
        file = f"{name}-{version}-py3-none-any.whl"
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        text += f'marker = "{marker}"\n' if marker else ""
        text += f'wheels = [{{name = "{file}", url = "https://x/{file}", hashes = {{sha256 = "{HASH}"}}}}]\n'
    return text


def conda_list(*packages: tuple[str, str, str]) -> str:
    """Give what `conda list --json` prints; a package is a name, a version and its channel."""
    rows = [
        {
            "base_url": "https://conda.anaconda.org/conda-forge",
            "build_number": 0,
            "build_string": "pypi_0" if channel == "pypi" else "h1_0",
            "channel": channel,
            "dist_name": f"{name}-{version}-h1_0",
            "name": name,
            "platform": "pypi" if channel == "pypi" else "linux-64",
            "version": version,
        }
        for name, version, channel in packages
    ]
    return json.dumps(rows, indent=2)
