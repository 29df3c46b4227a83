"""Solve a conda environment with rattler: a question as JSON in a file, the answer as JSON on stdout.

It runs in a process of its own: rattler's threads can abort a Python that ends (hence `_exit`), and whoever asks keeps
its start and its memory. It imports nothing of envdoctor.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import sys
from typing import Any

import rattler
from rattler.exceptions import GatewayError, SolverError
from rattler.package import BuildString, PackageName

CACHED = "force-cache-only"


def main(path: str) -> None:
    """Answer the question in a file."""
    with open(path, encoding="utf-8") as file:
        question = json.load(file)
    try:
        answer = asyncio.run(_answer(question))
    except SolverError as error:
        answer = {"error": "unsolvable", "said": str(error)}
    except GatewayError as error:
        answer = {"error": "unreachable", "said": str(error)}
    except Exception as error:  # noqa: BLE001  (whatever it is, it is told in the answer)
        answer = {"error": "failed", "said": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)


async def _answer(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"records": await _solved(question, "cache-or-fetch"), "cached": False}
    except GatewayError:
        # What was fetched before is good enough if a channel cannot be reached now; who asks tells so.
        try:
            return {"records": await _solved(question, CACHED), "cached": True}
        except GatewayError:
            pass
        raise


async def _solved(question: dict[str, Any], action: Any) -> list[dict[str, Any]]:
    client = rattler.Client.default_client(max_retries=1, timeout=int(question["timeout"]))
    config = rattler.SourceConfig(cache_action=action)
    gateway = rattler.Gateway(cache_dir=question["cache"], client=client, default_config=config)
    records = await rattler.solve(
        sources=[rattler.Channel(channel) for channel in question["channels"]],
        specs=[rattler.MatchSpec(spec) for spec in question["specs"]],
        platforms=[rattler.Subdir(question["platform"]), rattler.Subdir("noarch")],
        gateway=gateway,
        virtual_packages=[_virtual(name, *value) for name, value in question["virtual"].items()],
        constraints=[rattler.MatchSpec(spec) for spec in question["constraints"]],
        channel_priority=rattler.ChannelPriority.Strict,
        exclude_newer=datetime.datetime.fromisoformat(question["before"]),
        timestamp_policy="allow-missing",
        locked_packages=[_kept(record) for record in question["kept"]] or None,
        timeout=datetime.timedelta(seconds=question["timeout"]),
    )
    return [_record(record) for record in records if not record.name.normalized.startswith("__")]


def _virtual(name: str, version: str, build: str) -> Any:
    return rattler.GenericVirtualPackage(PackageName(name), rattler.Version(version), BuildString(build or "0"))


def _kept(record: dict[str, Any]) -> Any:
    """Give the record of a package that is to stay as it is, if it can."""
    base, subdir, file = record["url"].rsplit("/", 2)
    package = rattler.PackageRecord(
        name=record["name"],
        version=record["version"],
        build=BuildString(record["build"]),
        build_number=0,
        subdir=subdir,
        depends=record["needs"],
        md5=bytes.fromhex(record["md5"]),
        sha256=bytes.fromhex(record["sha256"]) if record["sha256"] else None,
    )
    return rattler.RepoDataRecord(package, file, record["url"], base)


def _record(record: Any) -> dict[str, Any]:
    return {
        "name": record.name.normalized,
        "version": str(record.version),
        "build": str(record.build),
        "url": record.url,
        "md5": record.md5.hex() if record.md5 else "",
        "sha256": record.sha256.hex() if record.sha256 else "",
        "size": record.size or 0,
        "needs": list(record.depends),
    }


if __name__ == "__main__":
    main(sys.argv[1])
