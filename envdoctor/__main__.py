"""Run envdoctor: `python3 envdoctor` in a bare checkout, `python3 -m envdoctor` where it is installed."""
# ASCII and old syntax only: an old Python has to get as far as saying that it is too old.

import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "error: envdoctor needs Python 3.11 or newer, and %s is Python %s\n"
        "  hint: name a newer one, as in `python3.12 envdoctor`; what it judges may be older\n"
        % (sys.executable, sys.version.split()[0])
    )
    sys.exit(2)


def main():
    """Run the command line; Ctrl-C while it is still being loaded ends with a word, not a traceback."""
    try:
        from envdoctor.cli import main as run

        run()
    except SystemExit as end:
        _leave(end)
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.exit(130)


def _leave(end):
    """End at once, with all that was said written out: to free what a check has read, piece by piece, takes long."""
    if end.code is not None and not isinstance(end.code, int):
        raise end
    status = end.code or 0
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = 141
    except OSError as error:
        sys.stderr.write("error: the output cannot be written: %s\n" % error.strerror)
        status = 3
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    folder = os.path.dirname(os.path.realpath(__file__))
    if not __package__:
        # Started by its path, Python looks for modules in the package itself, where any name may hide another.
        if os.path.realpath(sys.path[0]) == folder:
            del sys.path[0]
        sys.path.insert(0, os.path.dirname(folder))

    from envdoctor import bootstrap

    if not __package__ or bootstrap.is_bare():
        bootstrap.enter("run", ("solve",))

    main()
