"""Does the classic stack work: a fit, a table, a plot, a notebook?"""

from __future__ import annotations

import os
import tempfile
from typing import Iterator

os.environ.setdefault("MPLBACKEND", "Agg")

from harness import Unable, equal, least, trial

NEEDS = ("scikit-learn", "pandas")


@trial()
def fit() -> Iterator[dict]:
    """scikit-learn learns the irises from a pandas table, and predicts the same after it was saved."""
    import pickle

    import pandas
    from sklearn import datasets, linear_model, model_selection

    iris = datasets.load_iris(as_frame=True)
    learn, judge = model_selection.train_test_split(iris.frame, random_state=0)
    model = linear_model.LogisticRegression(max_iter=500).fit(learn.drop(columns="target"), learn["target"])
    guesses = model.predict(judge.drop(columns="target"))
    yield least("share of right guesses", float((guesses == judge["target"]).mean()), 0.9)
    again = pickle.loads(pickle.dumps(model))
    yield equal("the same after pickling", bool((again.predict(judge.drop(columns="target")) == guesses).all()), True)
    means = iris.frame.groupby("target").mean()
    yield equal("rows of a grouped table", len(pandas.concat([means, means])), 6)


@trial()
def plot() -> Iterator[dict]:
    """Seaborn and matplotlib draw a figure without a screen, and write it as PNG."""
    try:
        import matplotlib.pyplot
        import seaborn
    except ModuleNotFoundError as error:
        raise Unable(f"{error.name} is not installed") from None
    import pandas

    table = pandas.DataFrame({"x": [1, 2, 3, 4], "y": [1.0, 4.0, 9.0, 16.0], "kind": list("abab")})
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "plot.png")
        seaborn.scatterplot(data=table, x="x", y="y", hue="kind").figure.savefig(file)
        matplotlib.pyplot.close("all")
        with open(file, "rb") as written:
            content = written.read()
    yield equal("it is a PNG", content[:8] == b"\x89PNG\r\n\x1a\n", True)
    yield least("bytes", len(content), 2000)


@trial()
def notebook() -> Iterator[dict]:
    """Jupyter executes a notebook in a kernel of this Python."""
    try:
        import nbclient
        import nbformat
    except ModuleNotFoundError as error:
        raise Unable(f"{error.name} is not installed") from None

    cells = [nbformat.v4.new_code_cell("import sys; sys.prefix"), nbformat.v4.new_code_cell("6 * 7")]
    made = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(made, timeout=240, kernel_name="python3").execute()
    import sys

    yield equal("the kernel's Python is this one", made.cells[0].outputs[0]["data"]["text/plain"], repr(sys.prefix))
    yield equal("its answer", made.cells[1].outputs[0]["data"]["text/plain"], "42")
