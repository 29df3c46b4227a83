"""Reports with one of everything, for the tests of the formats."""

from __future__ import annotations

from envdoctor.model import Cure, Fact, Finding, Fix, Held, Place, Recipe, Report, Source, State, Status, Target, Wish

NASTY = "a | b <script>x</script> `c` ::error::d %0A\x1b]0;x\x07\u202e @torvalds [e](http://f) <!-- -->\ud800\x9b]]>"
SOURCE = Source("https://example.org/a b", "2026-11-20", "documented")


def finding(code: str, status: Status = Status.ERROR, **fields: object) -> Finding:
    """Give a finding with little to it."""
    said = {"kind": "version-pair", "title": f"{code} is wrong", "cause": "because"} | fields
    return Finding(code=code, status=status, **said)  # type: ignore[arg-type]


def recipe() -> Recipe:
    """Give a recipe with a place for each thing that it asks for."""
    return Recipe(
        "my stack",
        "recipe",
        "recipes/a b.yml",
        python=Wish("python", ">=3.11", place=Place("recipes/a b.yml", 3, 9)),
        packages=(Wish("keras", "<3", place=Place("recipes/a b.yml", 5, 3)),),
        host=(Wish("accelerator", "cuda", place=Place("recipes/a b.yml", 8, 16)),),
        env=(Wish("OMP_NUM_THREADS", "8", place=Place("recipes/a b.yml", 10, 8)),),
    )


def findings() -> tuple[Finding, ...]:
    """Give findings with and without a file, in every status, hostile and alike ones among them."""
    keras, driver = Fact("keras", "3.5+cu1", "/site/keras"), Fact("driver", "450.1", "NVML")
    fix = Fix(pins={"keras": "<3"}, note="first; then")
    return (
        finding("TF901", culprit=("keras",), evidence=(keras,), fixes=(fix,), source=SOURCE),
        finding("CUDA901", culprit=("driver",), evidence=(driver,), kind="driver"),
        finding("CUDA901", culprit=("driver",), evidence=(driver,), machine="h100"),
        finding("REQ901", Status.WARNING, place=Place("recipes/a b.yml", 5, 3), culprit=("keras",)),
        finding("ENV901", Status.WARNING, culprit=("env.OMP_NUM_THREADS",), title=NASTY, cause=NASTY),
        finding("HOST000", Status.UNKNOWN, evidence=(Fact("glibc", state=State.UNSEEN),)),
        finding("PY901", Status.INFO, culprit=("python",)),
        finding("FILE901", suppressed=f"known | {NASTY}", culprit=("numpy",)),
        finding("FILE901", suppressed="known", culprit=("numpy",)),
    )


def example() -> Report:
    """Give a report that has one of everything."""
    cure = Cure(Fix(pins={"keras": "<3"}, command="pip install 'keras<3'", resolved=True), ("TF901",), ("CUDA901",))
    held = (Held("REQ001", "declared dependencies are there", 6), Held("TF903", NASTY))
    return Report(
        recipe(),
        Target("interpreter", "/elsewhere/venv/bin/python"),
        "sha256:" + "0" * 64,
        findings(),
        held,
        1,
        cure,
        "envdoctor check 'recipes/a b.yml'",
    )


def blind() -> Report:
    """Give the report of a target that could not be looked at."""
    return Report(
        Recipe(), Target("none", "/no/such"), "", (finding("HOST001", Status.UNKNOWN, kind="other"),), exit_code=3
    )


def clean() -> Report:
    """Give a report of which nothing is wrong."""
    return Report(recipe(), Target("snapshot", "n001.json"), "", (), (Held("REQ001", "all there", 3),))


def many(count: int, status: Status = Status.ERROR) -> Report:
    """Give a report with many findings."""
    found = tuple(finding("REQ901", status) for _ in range(count))
    return Report(recipe(), Target("snapshot", "n001.json"), "", found, exit_code=int(status is Status.ERROR))
