"""Judge whether imports meet what they ask for, from summaries alone; nothing is opened and nothing is run."""

TITLES = {
    "LINK000": "how much the link check saw",
    "LINK001": "an import asks for a module that is not there",
    "LINK002": "an import asks for a name that its module has not",
    "LINK003": "a module is asked for an attribute that it has not",
    "LINK004": "a call gives an argument that is not taken",
    "LINK005": "a source has a syntax that this Python does not know",
    "LINK010": "a compiled module needs a library that the loader does not find",
    "LINK011": "a compiled file asks for a version of symbols that its library has not",
    "LINK012": "a compiled file expects symbols that nothing has",
    "LINK013": "a compiled module is none for this machine",
}
EXPLANATION = """Do the imports of the installed files meet, and those of the program?

`check --deep` follows what runs when the recipe's packages are imported, `--code` what the program runs, and asks for
every module, name and attribute: is it there? By syntax trees alone. What a `try` catches, what stands below a
condition or in a function that nothing calls is not certain. Where a module makes its names at run time the answer is
"cannot tell"; the matrix's names are asked then.

The compiled modules that are met are linked as the loader would do it, in the same order: needed libraries (RPATH,
LD_LIBRARY_PATH, RUNPATH, its cache), versions of symbols such as GLIBC_2.34, and symbols that nothing defines."""


def explanation(code: str) -> str:
    """Give the documentation of a code of the link check, or nothing."""
    return EXPLANATION if code in TITLES else ""
