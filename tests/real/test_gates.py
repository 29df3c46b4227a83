"""Each ready piece of fixtures/gates stops the job on the founding environment and lets it through on the cured one.

Run by the real thing where a machine without a cloud can: bash, Slurm, pre-commit, BentoML; judged by the real
validator besides (check-jsonschema, kubernetes-validate). The environments hold the metadata of the founding stack.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envdoctor import yamlpos
from tests.gate import stacks
from tests.processes import Done, run
from tests.real import slurm
from tests.real.environments import made, surroundings, the_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Job = Callable[[str], tuple[Path, Mapping[str, str]]]

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("gates")]
GATES = stacks.ROOT / "fixtures" / "gates"
BOTH = pytest.mark.parametrize(("listed", "status"), [("freeze.txt", 1), ("cured.txt", 0)])


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the founding environment and the cured one, by the list that they were made from."""
    folder = tmp_path_factory.mktemp("environments")
    return {listed: stacks.made(folder / listed.removesuffix(".txt"), listed) for listed in ("freeze.txt", "cured.txt")}


@pytest.fixture
def job(environments: Mapping[str, Path], tmp_path: Path) -> Job:
    """Give the folder of a job with its recipe and training, and the variables it runs with, for an environment."""

    def made(listed: str) -> tuple[Path, Mapping[str, str]]:
        folder = tmp_path / "job"
        folder.mkdir()
        shutil.copy(stacks.RECIPE, folder / "recipe.yml")
        (folder / "train.py").write_text("open('trained', 'w').close()\n")
        commands = stacks.command(tmp_path / "commands")
        return folder, stacks.surroundings(environments[listed], commands)

    return made


def plain(node: Any) -> Any:
    """Give a YAML document as plain data, every value a text."""
    if isinstance(node, yamlpos.Map):
        return {key: plain(value) for key, value in node.items.items()}
    return [plain(item) for item in node.items] if isinstance(node, yamlpos.List) else node.value


def read(name: str) -> Any:
    text = (GATES / name).read_text()
    documents = [plain(yamlpos.read(part, name)) for part in text.split("\n---\n")]
    return documents if len(documents) > 1 else documents[0]


def bash(script: str, folder: Path, variables: Mapping[str, str]) -> Done:
    """Run a script as a step of GitHub or GitLab does: it ends at the first command that fails."""
    return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], folder=folder, variables=variables)


def tool(name: str, *words: str, folder: Path | None = None, variables: Mapping[str, str] | None = None) -> Done:
    """Run a validator from the index, in an environment of its own."""
    return run([the_uv(), "tool", "run", "--quiet", name, *words], folder=folder, variables=variables)


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-workflows", "github-workflow.yml"),
        ("vendor.github-actions", "github-action/action.yml"),
        ("vendor.gitlab-ci", "gitlab-ci.yml"),
    ],
)
def test_each_pipeline_is_what_its_system_reads(schema: str, name: str) -> None:
    done = tool("check-jsonschema", "--builtin-schema", schema, str(GATES / name))
    assert done.status == 0, done.stdout + done.stderr


@BOTH
def test_the_github_action_stops_the_job(job: Job, listed: str, status: int) -> None:
    folder, variables = job(listed)
    action = read("github-action/action.yml")
    install, gate = action["runs"]["steps"]
    outer = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    given = {key: entry["default"] for key, entry in action["inputs"].items()} | {"target": variables["VIRTUAL_ENV"]}
    named = {name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in gate["env"].items()}
    assert bash(install["run"], folder, variables).status == 0
    done = bash(gate["run"], folder, {**variables, **outer, **named, "GITHUB_WORKSPACE": str(folder)})
    assert done.status == status, done.stderr
    assert (folder / "output").read_text() == f"status={status}\n"
    assert json.loads((folder / "envdoctor.sarif").read_text())["version"] == "2.1.0"
    assert (folder / "summary.md").read_text().startswith("### envdoctor: ")
    assert ("::error file=recipe.yml,line=8" in done.stdout) is bool(status)
    training = read("github-workflow.yml")["jobs"]["train"]["steps"]
    assert "if" not in training[-1]  # a step without a condition does not run behind one that failed
    assert training[-1]["run"].endswith("python train.py")


@BOTH
def test_the_gitlab_job_stops_the_pipeline(job: Job, listed: str, status: int) -> None:
    folder, variables = job(listed)
    pipeline = read("gitlab-ci.yml")
    assert pipeline["train"]["needs"] == ["environment"]
    done = bash("\n".join(pipeline["environment"]["script"]), folder, {**variables, "CI_PROJECT_DIR": str(folder)})
    assert done.status == status, done.stderr
    reports = pipeline["environment"]["artifacts"]["reports"]
    entries = json.loads((folder / reports["codequality"]).read_text())
    critical = {entry["location"]["path"] for entry in entries if entry["severity"] == "critical"}
    assert critical == ({"recipe.yml"} if status else set())
    assert (folder / reports["junit"]).read_text().startswith("<?xml")


@BOTH
def test_the_pre_commit_hook_stops_the_commit(job: Job, listed: str, status: int) -> None:
    folder, variables = job(listed)
    shutil.copy(GATES / "pre-commit-config.yaml", folder / ".pre-commit-config.yaml")
    home = {
        "PRE_COMMIT_HOME": str(folder / "cache"),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    env = {**variables, **home}
    for words in (["init", "-q"], ["add", "recipe.yml", ".pre-commit-config.yaml"]):
        assert run(["git", *words], folder=folder, variables=env).status == 0
    assert tool("pre-commit", "validate-config", folder=folder, variables=env).status == 0
    assert tool("pre-commit", "install", folder=folder, variables=env).status == 0
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = run(["git", *author, "commit", "-q", "-m", "train"], folder=folder, variables=env)
    assert bool(done.status) is bool(status), done.stderr
    assert ("error TF001" in done.stdout + done.stderr) is bool(status)


@BOTH
def test_the_init_container_stops_the_pod(job: Job, listed: str, status: int) -> None:
    done = tool("kubernetes-validate", "--strict", str(GATES / "kubernetes-job.yml"))
    assert done.status == 0, done.stdout + done.stderr
    folder, variables = job(listed)
    _, manifest = read("kubernetes-job.yml")
    spec = manifest["spec"]["template"]["spec"]
    (gate,), (train,) = spec["initContainers"], spec["containers"]
    assert gate["image"] == train["image"]  # it sees what the training sees
    assert gate["resources"] == train["resources"]
    (mount,) = gate["volumeMounts"]
    inside = mount["mountPath"]
    words = [str(folder) + word.removeprefix(inside) if word.startswith(inside) else word for word in gate["command"]]
    done = run(words, folder=folder, variables=variables)
    assert done.status == status, done.stderr
    (rule,) = manifest["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == gate["name"]
    assert "1" in rule["onExitCodes"]["values"]


@BOTH
def test_the_sbatch_script_ends_before_the_training(job: Job, listed: str, status: int, tmp_path: Path) -> None:
    if reason := slurm.installed():
        pytest.skip(reason)
    folder, variables = job(listed)
    (tmp_path / "slurm").mkdir()
    with slurm.cluster(tmp_path / "slurm") as cluster:
        env = {**variables, **cluster}
        words = ["sbatch", "--wait", "--output=job.log", str(GATES / "train.sbatch")]
        done = run(words, folder=folder, variables=env)
    log = (folder / "job.log").read_text()
    assert done.status == (78 if status else 0), done.stderr + log
    assert (folder / "trained").exists() is not bool(status)
    assert ("error TF001" in log) is bool(status)
    (report,) = folder.glob("envdoctor-*.json")
    assert json.loads(report.read_text())["exit_code"] == status


@BOTH
def test_the_line_of_the_dockerfile_stops_the_build(job: Job, listed: str, status: int) -> None:
    folder, variables = job(listed)
    lines = [line for line in (GATES / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    assert [line.split()[0] for line in lines] == ["ARG", "FROM", "COPY", "RUN"]
    _, recipe, into = lines[2].split()
    line = lines[3].removeprefix("RUN ").replace(into + recipe, str(folder / recipe))
    assert run(["/bin/sh", "-c", line], folder=folder, variables=variables).status == status


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Let BentoML build the ready service, and give the lines of the Dockerfile that it writes."""
    folder = tmp_path_factory.mktemp("bentoml")
    python = made(folder / "venv", "bentoml", "setuptools<82")
    wheel = run([the_uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder / "dist"), str(stacks.ROOT)])
    assert wheel.status == 0, wheel.stderr
    shutil.copytree(GATES / "bentoml", folder / "service")
    (folder / "service" / "requirements.txt").write_text("rich\n")
    variables = surroundings(
        PATH=f"{python.parent}:{Path(the_uv()).parent}:{os.environ['PATH']}",
        BENTOML_HOME=str(folder / "home"),
        BENTOML_DO_NOT_TRACK="true",
        UV_FIND_LINKS=str(folder / "dist"),
    )
    words = [str(python.parent / "bentoml"), "build", "service:Classifier"]
    done = run(words, folder=folder / "service", variables=variables)
    assert done.status == 0, done.stdout + done.stderr
    (dockerfile,) = (folder / "home" / "bentos").glob("classifier/*/env/docker/Dockerfile")
    return dockerfile.read_text().splitlines()


@BOTH
def test_the_step_of_the_bentoml_image_stops_the_build(job: Job, image: list[str], listed: str, status: int) -> None:
    (gate,) = (number for number, line in enumerate(image) if line.startswith("RUN envdoctor"))
    installs = max(number for number, line in enumerate(image) if "pip install -r" in line)
    assert installs < gate  # it runs when the packages are there
    assert any(line.startswith("ENV VIRTUAL_ENV=") for line in image[:gate])
    folder, variables = job(listed)
    line = image[gate].removeprefix("RUN ")
    assert run(["/bin/sh", "-c", line], folder=folder, variables=variables).status == status
