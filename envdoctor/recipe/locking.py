"""Read the `lock:` of a recipe: where its packages come from, for which platforms, and up to which instant."""

from __future__ import annotations

import datetime
import re

from envdoctor import yamlpos
from envdoctor.errors import UserError, near
from envdoctor.model import Locking

PLATFORMS = ("linux-64", "linux-aarch64", "linux-ppc64le", "osx-64", "osx-arm64", "win-64", "win-arm64")
VARIANT = re.compile(r"auto|pypi|cpu|xpu|cu\d{2,3}|rocm\d+(\.\d+)*")
_KEYS = ("channels", "indexes", "platforms", "exclude-newer", "torch-variant")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def of(root: yamlpos.Map) -> Locking:
    """Give what `lock:` says; raise UserError with the place."""
    if "lock" not in root.items:
        return Locking()
    lock = yamlpos.mapping(root.get("lock"), "`lock`")
    lock.only(_KEYS, "`lock`")
    return Locking(
        channels=_words(lock, "channels"),
        indexes=_words(lock, "indexes"),
        platforms=_platforms(lock),
        before=_before(lock),
        torch=_variant(lock),
    )


def _words(lock: yamlpos.Map, key: str) -> tuple[str, ...]:
    found = lock.get(key)
    return tuple(text.value for text in yamlpos.texts(found, f"`{key}`")) if found is not None else ()


def _platforms(lock: yamlpos.Map) -> tuple[str, ...]:
    for text in yamlpos.texts(lock.get("platforms"), "`platforms`") if lock.get("platforms") is not None else ():
        if text.value not in PLATFORMS:
            raise UserError(f"`{text.value}` is no platform", place=text.place, hint=near(text.value, PLATFORMS))
    return _words(lock, "platforms")


def _before(lock: yamlpos.Map) -> str:
    if lock.get("exclude-newer") is None:
        return ""
    text = yamlpos.text(lock.get("exclude-newer"), "`exclude-newer`")
    try:
        return instant(text.value)
    except ValueError:
        hint = "a day (2026-11-01: its first moment, UTC) or an instant (2026-11-01T12:00:00Z)"
        raise UserError(f"`{text.value}` is no day", place=text.place, hint=hint) from None


def instant(text: str) -> str:
    """Give a day (its first moment, UTC) or an instant as RFC 3339 in UTC; raise ValueError for another text."""
    if _DAY.fullmatch(text):
        return f"{datetime.date.fromisoformat(text).isoformat()}T00:00:00Z"
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None or found.microsecond:
        raise ValueError(text)
    return found.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _variant(lock: yamlpos.Map) -> str:
    if lock.get("torch-variant") is None:
        return ""
    text = yamlpos.text(lock.get("torch-variant"), "`torch-variant`")
    if not VARIANT.fullmatch(text.value):
        hint = "auto, pypi (what the index itself has), cpu, cu126, rocm6.4 …"
        raise UserError(f"`{text.value}` is no variant of PyTorch", place=text.place, hint=hint)
    return "" if text.value == "auto" else text.value
