"""Run the tests: `python3 tests`, with --real, --exhaustive or --bench for the slow ones."""
# ASCII and old syntax only: an old Python has to get as far as saying that it is too old.

import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "error: the tests need Python 3.11 or newer, and %s is Python %s\n"
        "  hint: name a newer one, as in `python3.12 tests`\n" % (sys.executable, sys.version.split()[0])
    )
    sys.exit(2)

if __name__ == "__main__":
    folder = os.path.dirname(os.path.realpath(__file__))
    if os.path.realpath(sys.path[0]) == folder:
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(folder))

    from envdoctor import bootstrap

    bootstrap.enter("tests", ("lock", "test"))

    from tests import suite

    sys.exit(suite.run(sys.argv[1:]))
