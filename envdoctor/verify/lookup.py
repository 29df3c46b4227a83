"""Say which public names a Python has: `lookup.py NAME...` prints one JSON object, name -> true, false or null.

A name is there if its longest importable module has it, as `from m import n` or `import m` would find it; null if a
module cannot be imported for want of another package. It runs in the environment under test: standard library and old
syntax only.
"""

import importlib
import json
import sys
import warnings


def has(name: str) -> bool:
    """Say whether a dotted name can be imported, or looked up in a module that can."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError as error:
            lacks = getattr(error, "name", None) or ""
            if lacks.split(".")[0] != parts[0]:  # another package, or a refusal of its own that names none
                raise LookupError(lacks) from None
            continue
        for part in parts[length:]:
            try:
                found = getattr(found, part)
            except AttributeError:
                return False
        return True
    return False


def answer(name: str) -> "bool | None":
    """Say whether a name is there; a module that breaks while it is imported has none."""
    try:
        return has(name)
    except LookupError:
        return None
    except Exception:  # noqa: BLE001  (any module may break in any way)
        return False


warnings.simplefilter("ignore")
said = sys.stdout
sys.stdout = sys.stderr  # what a module prints while it is imported is no part of the answer
found = {name: answer(name) for name in sys.argv[1:]}
said.write("\n" + json.dumps(found) + "\n")
