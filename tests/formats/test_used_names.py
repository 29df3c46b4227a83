"""Which names does a source use: through aliases, arguments of calls, and objects that are known by their class."""

from __future__ import annotations

import ast

import pytest

from envdoctor import matrix
from envdoctor.formats import used_names

RETURNS = {"pandas.read_csv": "pandas.DataFrame", "db.connect": "db.Engine", "db.Engine.open": "db.Connection"}


def used(source: str) -> tuple[str, ...]:
    """Give the names that a source uses."""
    return used_names.of(ast.parse(source), RETURNS)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import numpy as np\nnp.float", "numpy.float"),
        ("from pandas import DataFrame as D\nD(data=1)", "pandas.DataFrame.data"),
        ("import pandas as pd\nframe = pd.DataFrame()\nframe.append(1)", "pandas.DataFrame.append"),
        ("import pandas as pd\nf = pd.DataFrame()\nf = f.dropna()\nf.append(1)", "pandas.DataFrame.append"),
        ("import pandas as pd\npd.DataFrame({}).append(1)", "pandas.DataFrame.append"),
        ("import pandas as pd\npd.read_csv('a').append(1)", "pandas.DataFrame.append"),
        ("import pandas as pd\ndef f(frame: pd.DataFrame): frame.append(1)", "pandas.DataFrame.append"),
        ("import pandas as pd\nwith pd.ExcelWriter('a') as w: w.save()", "pandas.ExcelWriter.save"),
        ("import db\ne = db.connect()\nwith e.open() as c: c.run(1, at=2)", "db.Connection.run.at"),
        ("from xgboost import XGBClassifier\nm = XGBClassifier()\nm.fit(1, stop=3)", "xgboost.XGBClassifier.fit.stop"),
    ],
)
def test_a_name_is_used(source: str, name: str) -> None:
    assert name in used(source)


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd\nf = pd.DataFrame()\nf = []\nf.append(1)",
        "import pandas as pd\nf = pd.DataFrame()\nfor f in (): f.append(1)",
        "import pandas as pd\nf = pd.DataFrame()\ndef g(f): f.append(1)",
        "import pandas as pd\nf = pd.DataFrame()\ndef g():\n    f = some()\n    f.append(1)",
        "import pandas as pd\nf = pd.DataFrame()\ntry: pass\nexcept E as f: f.append(1)",
        "import pandas as pd\nf = pd.something()\nf.append(1)",
        "import pandas as pd\nf = pd.DataFrame()\ng = f(1)\ng.append(1)",
        "import pandas as pd\npd.DataFrame()(1).append(1)",
        "import pandas as pd\nf = pd.DataFrame(pd.Series())\nf.items[0].append(1)",
    ],
)
def test_an_object_that_may_be_another_is_not_followed(source: str) -> None:
    assert not [name for name in used(source) if name.endswith("append")]


def test_what_the_matrix_says_of_results_has_two_names_of_one_package() -> None:
    returns = matrix.load().returns()
    assert returns["pandas.read_csv"] == "pandas.DataFrame"
    assert [name for name, of in returns.items() if name.partition(".")[0] != of.partition(".")[0]] == []
