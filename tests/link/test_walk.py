"""What is asked for at import and is not there is found; what may be there, or is caught, is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envdoctor.model.code import Python
from tests.link.trees import missing, walked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# what the program and its packages say, and what is missing
BROKEN: list[tuple[str, dict[str, str], list[str]]] = [
    ("a module", {"main.py": "import gone"}, ["module gone"]),
    ("a submodule", {"main.py": "import p.gone", "p/__init__.py": ""}, ["module p.gone"]),
    ("a name", {"main.py": "from p import gone, here", "p.py": "here = 1"}, ["name p.gone"]),
    ("by a call", {"main.py": "__import__('gone').x(1)"}, ["module gone"]),
    ("from the parent", {"main.py": "import p.q", "p/__init__.py": "", "p/q.py": "from . import gone"}, ["name p.gone"]),
    ("what a part of itself asks", {"main.py": "import p", "p/__init__.py": "from . import q", "p/q.py": "import gone"}, ["module gone"]),
    ("from itself", {"main.py": "import p", "p/__init__.py": "from . import gone"}, ["name p.gone"]),
    ("an attribute", {"main.py": "import p\np.gone()", "p.py": ""}, ["attribute p.gone"]),
    ("one of a submodule", {"main.py": "import p.q as q\nq.gone", "p/__init__.py": "", "p/q.py": ""}, ["attribute p.q.gone"]),
    ("one behind a re-export", {"main.py": "import p\np.q.gone", "p/__init__.py": "from . import q", "p/q.py": ""}, ["attribute p.q.gone"]),
    ("a default", {"main.py": "import p\ndef f(x=p.gone): ...", "p.py": ""}, ["attribute p.gone"]),
    ("an annotation", {"main.py": "import p\ndef f(x: p.gone): ...", "p.py": ""}, ["attribute p.gone"]),
    ("a base class", {"main.py": "import p\nclass A(p.gone):\n    x = p.lost", "p.py": ""}, ["attribute p.gone", "attribute p.lost"]),
    ("a decorator", {"main.py": "import p\n@p.gone\ndef f(): ...", "p.py": ""}, ["attribute p.gone"]),
    ("in a with", {"main.py": "import p\nwith p.here():\n    p.gone", "p.py": "def here(): ..."}, ["attribute p.gone"]),
    ("raised again", {"main.py": "try:\n    import gone\nexcept ImportError:\n    raise RuntimeError('no')"}, ["module gone"]),
    ("not what is caught", {"main.py": "try:\n    from p import gone\nexcept ModuleNotFoundError:\n    pass", "p.py": ""}, ["name p.gone"]),
    ("caught by what it brings", {"main.py": "try:\n    import gone\nexcept gone.Error:\n    pass"}, ["module gone"]),
    ("an attribute error inside", {"main.py": "try:\n    import q\nexcept ImportError:\n    pass", "q.py": "import p\np.gone", "p.py": ""}, ["attribute p.gone"]),
    ("a called function", {"main.py": "import q\nq.f()", "q.py": "import p\ndef f():\n    p.gone", "p.py": ""}, ["attribute p.gone"]),
    ("a constructor", {"main.py": "from q import A\nA()", "q.py": "class A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        import gone"}, ["module gone"]),
    ("a method", {"main.py": "from q import A\na = A()\na.go()", "q.py": "class A:\n    def go(self):\n        import gone"}, ["module gone"]),
    ("main", {"main.py": "import p\ndef go():\n    p.gone\nif __name__ == '__main__':\n    go()", "p.py": ""}, ["attribute p.gone"]),
    ("an argument", {"main.py": "import p\np.f(a=1, gone=2)", "p.py": "def f(a): ..."}, ["argument p.f.gone"]),
    ("one of a class", {"main.py": "import p\np.A(gone=2)", "p.py": "class A:\n    def __init__(self, a): ..."}, ["argument p.A.gone"]),
    ("one of a base class", {"main.py": "import p\np.A(gone=2)", "p.py": "class B:\n    def __init__(self, a): ...\nclass A(B): ..."}, ["argument p.A.gone"]),
    ("one of a dataclass", {"main.py": "import p\np.A(a=1, b=2, gone=3)", "p.py": "import dataclasses\n@dataclasses.dataclass\nclass B:\n    b: int\n@dataclasses.dataclass(frozen=True)\nclass A(B):\n    a: int = 0", "dataclasses.py": "dataclass = 1"}, ["argument p.A.gone"]),
    ("one of a method by its class", {"main.py": "from p import A\nA.f(a=1, gone=2)\nA.g(b=1, gone=2)", "p.py": "class A:\n    @classmethod\n    def f(cls, a): ...\n    @staticmethod\n    def g(b): ..."}, ["argument p.A.f.gone", "argument p.A.g.gone"]),
    ("one of a lazy name", {"main.py": "from p import A\nA(a=1, gone=2)", "p/__init__.py": "_T = {'A': '.q'}\ndef __getattr__(n):\n    if n in _T:\n        return getattr(import_module(_T[n]), n)\n    raise AttributeError", "p/q.py": "class A:\n    def __init__(self, a): ..."}, ["argument p.q.A.gone"]),
    ("over a filled list", {"main.py": "import p\nfor x in [1]:\n    p.gone", "p.py": ""}, ["attribute p.gone"]),
    ("a star without it", {"main.py": "from p import gone", "p.py": "from q import *", "q.py": "__all__ = ['x']\nx = gone = 1"}, ["name p.gone"]),
    ("a closed __getattr__", {"main.py": "from p import gone", "p.py": "def __getattr__(name):\n    if name == 'x':\n        return 1\n    raise AttributeError(name)"}, ["name p.gone"]),
    ("a __getattr__ that matches", {"main.py": "from p import x, y\nfrom p import gone", "p.py": "def __getattr__(name):\n    match name:\n        case 'x' | 'y':\n            return 1\n    raise AttributeError(name)"}, ["name p.gone"]),
    ("refused by it", {"main.py": "import p\np.gone", "p.py": "F = {'gone': 1}\ndef __getattr__(name):\n    if name in F:\n        raise AttributeError(F[name])\n    raise AttributeError"}, ["attribute p.gone"]),
    ("refused by a table that is made", {"main.py": "import p\np.gone", "p.py": "T = [('gone', 1), ('x', 2)]\nF = {n: m for n, m in T}\nif y:\n    def __getattr__(name):\n        try:\n            found = D[name]\n        except KeyError:\n            pass\n        else:\n            return found\n        if name in F:\n            raise AttributeError(F[name])\n        raise AttributeError\nD = f('gone')"}, ["attribute p.gone"]),
    ("behind a loop over what is made of itself", {"main.py": "x = [1]\nx = sorted(x)\nfor y in x: ...\nimport gone"}, ["module gone"]),
    ("beside a list made of itself", {"main.py": "from p import lost", "p.py": "x = [1]\nx = [y for y in x]\ndef __getattr__(n):\n    if n in x:\n        return 1\n    raise AttributeError"}, ["name p.lost"]),
    ("put in by a loop over words", {"main.py": "from p import a\nfrom p import gone", "p.py": "for n in ['a', 'b']:\n    globals()[n] = f(n)"}, ["name p.gone"]),
    ("a lazy table", {"main.py": "from p import gone", "p.py": "_T = {'x': '.q'}\ndef __getattr__(n):\n    if n in _T:\n        return getattr(import_module(_T[n]), n)\n    raise AttributeError"}, ["name p.gone"]),
    ("behind a lazy name", {"main.py": "from p import X", "p/__init__.py": "_T = {'X': ('p', '.q')}\ndef __getattr__(n):\n    t = _T.get(n)\n    if t is None:\n        raise AttributeError\n    return load(t)", "p/q.py": "import gone\nX = 1"}, ["module gone"]),
    ("lazy_loader", {"main.py": "from p import gone", "p/__init__.py": "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach(__name__, submodules={'q'}, submod_attrs={'q': ['X']})", "lazy_loader.py": "def attach(*a, **k): ..."}, ["name p.gone"]),
    ("a stub", {"main.py": "from p import gone", "p/__init__.py": "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)", "p/__init__.pyi": "from .q import X", "lazy_loader.py": "def attach_stub(*a): ..."}, ["name p.gone"]),
    ("a table of structure", {"main.py": "from p import gone", "p/__init__.py": "import sys\nfrom u import _LazyModule\n_import_structure = {'q': ['X']}\nsys.modules[__name__] = _LazyModule(__name__, __file__, _import_structure)", "u.py": "class _LazyModule: ..."}, ["name p.gone"]),
    ("deprecated away", {"main.py": "import p\np.gone", "p.py": "from u import deprecation\n_d = {'gone': ('accelerated', None), 'x': ('m', 1)}\n__getattr__ = deprecation(__name__, _d)", "u.py": "def deprecation(*a): ..."}, ["attribute p.gone"]),
    ("in a file that registers others", {"main.py": "import p\np.gone", "p.py": "import sys\nlog = logging.getLogger(__name__)\nfor name in f():\n    sys.modules[name] = log"}, ["attribute p.gone"]),
    ("names for types", {"main.py": "import p\np.gone", "p.py": "g = 1\nif not TYPE_CHECKING:\n    x = 1"}, ["attribute p.gone"]),
    ("where a build marks itself", {"main.py": "try:\n    __BUILD__\nexcept NameError:\n    __BUILD__ = False\nif __BUILD__:\n    print()\nelse:\n    import gone\nglobals()[f()] = 1"}, ["module gone"]),
    ("where one marks the builtins", {"main.py": "try:\n    _SETUP_\nexcept NameError:\n    builtins._SETUP_ = False\nif not _SETUP_:\n    import gone"}, ["module gone"]),
    ("by a constant", {"main.py": "FAST: bool = True\nif FAST:\n    import gone"}, ["module gone"]),
    ("by one that is worked out", {"main.py": "import sys as _s\nNEW = _s.version_info >= (3, 8)\nOLD = not NEW\nif not OLD:\n    import gone", "sys.py": "version_info = 0"}, ["module gone"]),
    ("a system under another name", {"main.py": "from sys import platform as n\nif n == 'linux':\n    import gone", "sys.py": "platform = 0"}, ["module gone"]),
    ("a name of a branch not taken", {"main.py": "from p import gone", "p.py": "SLOW = 0\nif SLOW:\n    gone = 1"}, ["name p.gone"]),
]  # fmt: skip

# what looks broken, and is not
SOUND: list[tuple[str, dict[str, str]]] = [
    ("caught", {"main.py": "try:\n    import gone\nexcept ImportError:\n    gone = None"}),
    ("caught above", {"main.py": "try:\n    import q\nexcept Exception:\n    q = None", "q.py": "import gone"}),
    ("suppressed", {"main.py": "with contextlib.suppress(ImportError):\n    import gone"}),
    ("below a condition", {"main.py": "import p\nif p.x:\n    import gone\n    p.y", "p.py": "x = 0"}),
    ("by a constant of a caught failure", {"main.py": "A = True\ntry:\n    f()\n    A = False\nexcept ValueError:\n    pass\nif A:\n    import gone"}),
    ("by one that a function changes", {"main.py": "A = True\ndef f():\n    global A\n    A = False\nf()\nif A:\n    import gone"}),
    ("by one that a loop changes", {"main.py": "A = 1\nfor x in (1, 2):\n    if not A:\n        import gone\n    A = 0"}),
    ("by one that a star may change", {"main.py": "A = 1\nfrom p import *\nif A:\n    import gone", "p.py": "A = f()"}),
    ("by one that is put in", {"main.py": "A = 1\nglobals()[f()] = 0\nif A:\n    import gone"}),
    ("by one that a text changes", {"main.py": "A = 1\nexec('A = 0')\nif A:\n    import gone"}),
    ("by a list that grows", {"main.py": "A = []\nA.append(1)\nif not A:\n    import gone"}),
    ("by a constant of a class", {"main.py": "A = 1\nclass B:\n    A = f()\n    if A:\n        import gone"}),
    ("by a constant below a condition", {"main.py": "A = 0\nif f():\n    A = 1\nif not A:\n    import gone"}),
    ("by what is bound before it is marked", {"main.py": "from p import *\nA = f()\ntry:\n    A\nexcept NameError:\n    A = 0\nif not A:\n    import gone", "p.py": ""}),
    ("by a name of the builtins", {"main.py": "try:\n    zip\nexcept NameError:\n    zip = None\nif not zip:\n    import gone"}),
    ("for types", {"main.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import gone", "typing.py": "TYPE_CHECKING = 0"}),
    ("for another Python", {"main.py": "import sys\nif sys.version_info < (3, 8):\n    import gone", "sys.py": "version_info = 0"}),
    ("for another system", {"main.py": "import sys\nif sys.platform == 'win32':\n    import gone", "sys.py": "platform = 0"}),
    ("in a function", {"main.py": "def f():\n    import gone"}),
    ("behind a return", {"main.py": "import q\nq.f()", "q.py": "def f():\n    if x:\n        return\n    import gone"}),
    ("behind the end", {"main.py": "import q\nquit()\nimport gone", "q.py": "def f(): ..."}),
    ("an annotation of a local variable", {"main.py": "import p\ndef f():\n    x: p.gone = 1\nf()", "p.py": ""}),
    ("in a generator", {"main.py": "import q\nq.f()", "q.py": "def f():\n    import gone\n    yield 1"}),
    ("in a lambda", {"main.py": "import p\nf = lambda: p.gone", "p.py": ""}),
    ("in the other half", {"main.py": "import p\nx = p.here and p.gone", "p.py": "here = 0"}),
    ("over what may be empty", {"main.py": "import p\nfor x in p.here:\n    p.gone", "p.py": "here = []"}),
    ("a class's own name", {"main.py": "import p\nclass A:\n    p = B()\n    x = p.gone", "p.py": ""}),
    ("a setter", {"main.py": "from p import x\nclass A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, v): ...", "p.py": "x = 1"}),
    ("bound anew", {"main.py": "import p\np = p.here()\np.gone", "p.py": "def here(): ..."}),
    ("set before", {"main.py": "import p\np.gone = 1\np.gone", "p.py": ""}),
    ("set elsewhere", {"main.py": "import q\nimport p\np.gone", "q.py": "import p\ndef f():\n    setattr(p, name, 1)", "p.py": ""}),
    ("made by globals()", {"main.py": "from p import gone", "p.py": "for n in f():\n    globals()[n] = n"}),
    ("made by exec", {"main.py": "from p import gone", "p.py": "exec(f())"}),
    ("put in by a helper", {"main.py": "from p import gone", "p.py": "from u import fill\nfill('x', globals())", "u.py": "def fill(*a): ..."}),
    ("built from a descriptor", {"main.py": "from p import EXPERIMENTAL", "p.py": "from u import _builder\nD = add(b'\\x0c\\x45XPERIMENTAL')\n_builder.BuildTopDescriptorsAndMessages(D, 'p', globals())", "u.py": "_builder = 1"}),
    ("another object", {"main.py": "from p import gone", "p.py": "import sys\nsys.modules[__name__] = Thing()"}),
    ("another object by a bare word", {"main.py": "from p import gone", "p.py": "from sys import modules\nmodules[__name__] = Thing()"}),
    ("another object by a helper", {"main.py": "from p import gone", "p.py": "from sys import modules\ndef put(name, thing):\n    modules[name] = thing\nput(__name__, Thing())"}),
    ("forwarded", {"main.py": "from p import gone", "p.py": "def __getattr__(name):\n    return getattr(inner, name)"}),
    ("a helper's table", {"main.py": "from p import gone", "p.py": "from u import migrate\n_m = migrate(__name__)\ndef __getattr__(name):\n    return _m(name)", "u.py": "T = {'p:gone': 1}\ndef migrate(n): ..."}),
    ("a lazy name", {"main.py": "from p import X", "p.py": "_T = {'X': '.q'}\ndef __getattr__(n):\n    if n in _T:\n        return load(n)\n    raise AttributeError"}),
    ("a star of what is compiled", {"main.py": "from p import gone", "p/__init__.py": "from .c import *", "p/c.abi3.so": "gone"}),
    ("a module registered", {"main.py": "import q\nimport gone.x", "q.py": "import sys\nsys.modules['gone'] = q"}),
    ("below one that registers", {"main.py": "import six.moves.x", "six.py": "import sys\nsys.modules[__name__ + '.moves'] = 1"}),
    ("the path is edited", {"main.py": "import sys\nsys.path.insert(0, 'x')\nimport gone", "sys.py": "path = []"}),
    ("vendored", {"main.py": "import p", "p/__init__.py": "import sys\nsys.path.append('x')\nimport gone", "p/vendor/gone.py": "", "sys.py": "path = []"}),
    ("vendored with its version", {"main.py": "import p", "p/__init__.py": "import sys\nsys.path.append('x')\nimport gone", "p/vendor/gone-0.2.0/gone.py": "", "sys.py": "path = []"}),
    ("a namespace", {"main.py": "import n.p", "n/p.py": ""}),
    ("joined folders", {"main.py": "from n import p", "n/__init__.py": "__path__ = extend_path(__path__, __name__)", "n/p.py": ""}),
    ("any argument", {"main.py": "import p\np.f(x=1)\np.A(x=1)\np.B(x=1)", "p.py": "def f(**k): ...\nclass A(C):\n    def __init__(self): ...\n@wrap\nclass B: ..."}),
    ("an argument of a property's value", {"main.py": "from p import A\na = A()\na.f(x=1)", "p.py": "class A:\n    @property\n    def f(self):\n        return dict"}),
    ("an argument of a base from elsewhere", {"main.py": "import p\np.A(x=1)", "p.py": "from q import B\nclass A(B):\n    def __init__(self): ...", "q.py": "class B(metaclass=M): ..."}),
    ("an argument of another dataclass", {"main.py": "import p\np.A(x=1)\np.B(x=1)", "p.py": "from q import dataclass\nimport dataclasses\n@dataclass\nclass A:\n    y: int\n@dataclasses.dataclass(init=False)\nclass B:\n    y: int", "q.py": "dataclass = 1", "dataclasses.py": "dataclass = 1"}),
    ("an argument of what another module changes", {"main.py": "import r\nimport q\nq.f(x=1)", "r.py": "import q\nq.f = q.g", "q.py": "def f(): ...\ndef g(**k): ..."}),
    ("an argument of a method that is set", {"main.py": "from p import A, B\na = A()\na.go = f\na.go(x=1)\nB()", "p.py": "class A:\n    def go(self): ...\nclass B:\n    def __init__(self):\n        self.go = f\n        self.go(x=1)\n    def go(self): ..."}),
    ("an argument where another thing is made", {"main.py": "from p import A, B, C\na = A()\na.go(x=1)\nb = B()\nb.go(x=1)\nC(x=1)", "p.py": "class A:\n    def __new__(cls): ...\n    def go(self): ...\nclass B(metaclass=M):\n    def go(self): ...\nclass D:\n    def __init_subclass__(cls): ...\n    def __init__(self): ...\nclass C(D): ..."}),
    ("an argument of one of two", {"main.py": "from p import A, B\nif x:\n    a = B()\nelse:\n    a = A()\na.go(x=1)", "p.py": "class A:\n    def go(self): ...\nclass B:\n    def go(self, x): ..."}),
    ("an argument of what a star brings", {"main.py": "from p import f\nfrom q import *\nf(x=1)\nimport r\nr.g(x=1)", "p.py": "def f(): ...", "q.py": "def f(x): ...\ndef g(x): ...", "r.py": "def g(): ...\nfrom q import *"}),
    ("an argument of what a function puts in", {"main.py": "import p\np.f(x=1)\np.g(x=1)", "p.py": "def f(): ...\ndef g(): ...\ndef put():\n    global f\n    f = h\nglobals()['g'] = h"}),
    ("an argument of what is bound anew", {"main.py": "import p\np.f(x=1)\np.g(x=1)", "p.py": "def f(): ...\nf = lambda **k: 1\ndef g(): ...\nif y:\n    from q import g", "q.py": "def g(**k): ..."}),
    ("an argument of a class that is changed", {"main.py": "import p\np.A(x=1)\np.B(x=1)\np.C.m(x=1)", "p.py": "class A: ...\nA.__init__ = f\nclass B: ...\nsetattr(B, '__init__', f)\nclass C:\n    @staticmethod\n    def m(): ...\nC.m = f"}),
    ("deleted later", {"main.py": "import p\np.here\ndel p", "p.py": "here = 1"}),
    ("global", {"main.py": "import p\np.x", "p.py": "def f():\n    global x\n    x = 1"}),
    ("two ways", {"main.py": "try:\n    from p import x\nexcept ImportError:\n    from q import x\nx.y", "p.py": "x = 1", "q.py": "x = 1"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "files", "expected"), BROKEN, ids=[what for what, *_ in BROKEN])
def test_what_is_asked_for_and_not_there_is_found(
    what: str, files: Mapping[str, str], expected: list[str], tmp_path: Path
) -> None:
    assert missing(tmp_path, files) == expected, what


@pytest.mark.parametrize(("what", "files"), SOUND, ids=[what for what, _ in SOUND])
def test_what_is_caught_or_may_be_there_is_no_gap(what: str, files: Mapping[str, str], tmp_path: Path) -> None:
    assert missing(tmp_path, files) == [], what


def test_gaps_come_in_the_order_in_which_python_would_meet_them(tmp_path: Path) -> None:
    files = {
        "main.py": "import a\nimport b\n",
        "a.py": "import c\nimport last",
        "b.py": "import never",
        "c.py": "import first",
    }
    found = walked(tmp_path, files).gaps
    assert [gap.module for gap in found] == ["first", "last", "never"]
    assert [(step.module, step.line) for step in found[0].way] == [("__main__", 1), ("a", 1), ("c", 1)]


def test_a_syntax_that_the_target_does_not_know_is_found_and_a_newer_one_is_not_judged(tmp_path: Path) -> None:
    files = {"main.py": "import p\nimport q", "p.py": "match x:\n    case 1: ...", "q.py": "print 'x'"}
    assert [name.split(".")[0] for name in missing(tmp_path, files, python=Python((3, 9)))] == ["syntax p", "syntax q"]
    unknown = {"main.py": "import p", "p.py": "a = t'{b}' if c else lambda: 1 +"}
    assert missing(tmp_path, unknown, python=Python((3, 99))) == []


def test_a_module_that_the_standard_library_lost_is_missing_where_the_target_lost_it(tmp_path: Path) -> None:
    assert missing(tmp_path, {"main.py": "import distutils"}, python=Python((3, 12))) == ["module distutils"]
    assert missing(tmp_path, {"main.py": "import math\nmath.pi"}) == []


def test_every_question_has_an_answer_or_is_told_as_open(tmp_path: Path) -> None:
    files = {
        "main.py": "import p\nfrom p import here, gone\np.maybe",
        "p.py": "here = 1\ndef __getattr__(n):\n    return 1",
    }
    found = walked(tmp_path, files)
    assert found.asked["p", "here"] is True
    assert found.asked["p", "gone"] is None
    assert found.asked["p", "maybe"] is None
    assert {gap.name for gap in found.unsure} == {"gone", "maybe"}


def test_a_stub_tells_what_a_module_has_that_makes_its_names(tmp_path: Path) -> None:
    files = {
        "main.py": "from p import there, unknown",
        "p.py": "from c import *",
        "p.pyi": "there: int",
        "c.abi3.so": "unknown",
    }
    found = walked(tmp_path, files)
    assert found.asked["p", "there"] is True
    assert found.asked["p", "unknown"] is None
