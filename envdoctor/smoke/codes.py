"""The codes of what `smoke` shows, and how each is judged."""

from __future__ import annotations

from envdoctor.smoke.record import CODE

TITLES = {
    CODE: "trials were run on this very fingerprint",
    "SMOKE001": "a figure is not what it has to be",
    "SMOKE002": "a trial ends with an exception",
    "SMOKE003": "what is to be tried cannot be imported",
    "SMOKE004": "the process of the trials was killed",
    "SMOKE005": "the trials take too long",
    "SMOKE006": "a trial cannot be run here",
    "SMOKE007": "a script prints no result",
    "SMOKE008": "a package is not installed",
}
MEANING = {
    CODE: "`check` cites what `smoke` showed, with its day, as long as the fingerprint of the target stays the same.",
    "SMOKE001": "A trial gives figures, each with the most or the least it may be, or what it has to equal; limits are"
    " relative to float64 computed from the same numbers. What is no number is never small enough.",
    "SMOKE002": "Its cause is that of the claim whose symptom the exception is, if the target contradicts that claim.",
    "SMOKE003": "None of its trials can be run then: it is one error for all of them.",
    "SMOKE004": "The signal is told, with the trial or the native library that the process was busy with, and any"
    " library beside it that is shorter than its own header says.",
    "SMOKE005": "Over the wall limit it is unknown, with the machine's load: a loaded machine is slow, not broken. Over"
    " the limit of CPU time it is an error.",
    "SMOKE006": "The reason is told, and nothing is judged: it is never a pass. `--strict` makes it fail.",
    "SMOKE007": "A script has to print one JSON object, `envdoctor.smoke/1`, and nothing else on stdout.",
    "SMOKE008": "An error if its trials were asked for, else for information.",
}
