"""The set-up files agree with each other, and the package carries its data."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

import calphos

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib-base": "matplotlib"}  # the same package without a desktop toolkit

conda_lines = [line for line in CONDA["dependencies"] if isinstance(line, str)]
pip_lines = next(line["pip"] for line in CONDA["dependencies"] if isinstance(line, dict))


def bounds(lines):
    """Map package name to version specifier."""
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


@pytest.mark.parametrize("line", conda_lines)
def test_conda_accepts_every_line(line):
    assert MatchSpec(line, strict=True).version is not None


def test_conda_and_pip_ask_for_the_same():
    conda = {}
    for line in conda_lines:
        spec = MatchSpec(line, strict=True)
        conda[CONDA_NAMES.get(spec.name.normalized, spec.name.normalized)] = str(spec.version)
    assert conda.pop("python") == PROJECT["project"]["requires-python"]
    del conda["pip"]
    assert pip_lines[-1] == "-e ."
    assert conda | bounds(pip_lines[:-1]) == bounds(PROJECT["project"]["dependencies"])


def pins(name):
    """Map each pinned package to the list of its requirement lines; continuation lines joined."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=")
        assert hashes, f"{name}: no hash: {line}"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", value) for value in hashes), line
        requirement = Requirement(requirement)
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{name}: not pinned: {line}"
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-handout.txt", "requirements-test.txt", "tools/uv-requirements.txt"]
)
def test_every_requirement_is_pinned_with_hashes(name):
    assert pins(name)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-handout.txt", "requirements-test.txt"])
def test_pins_cover_what_pyproject_asks_for(name):
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]
    if name != "requirements.txt":
        asked = asked + PROJECT["dependency-groups"]["handout"]
    if name == "requirements-test.txt":
        asked = asked + PROJECT["project"]["optional-dependencies"]["test"]
    pinned = pins(name)
    for line in asked:
        asked_for = Requirement(line)
        versions = [str(r.specifier).removeprefix("==") for r in pinned[canonicalize_name(asked_for.name)]]
        assert all(asked_for.specifier.contains(version) for version in versions), line


@pytest.mark.parametrize("name", ["requirements-handout.txt", "requirements-test.txt"])
def test_every_environment_pins_the_same_versions(name):
    notebooks, more = (
        {package: [str(r.specifier) for r in lines] for package, lines in pins(file).items()}
        for file in ("requirements.txt", name)
    )
    assert {package: more.get(package) for package in notebooks} == notebooks


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("not a git clone")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name]


def test_set_up_files_hold_no_addresses():
    set_up = {"pyproject.toml", "Makefile", "environment.yml", ".pre-commit-config.yaml", "run"}
    for path in tracked_files():
        if path.name in set_up or path.parent.name == "tools" or path.name.startswith("requirements"):
            text = path.read_text(encoding="utf-8")
            assert "://" not in text, path
            assert not re.search(r"--(extra-)?(index-url|find-links|trusted-host)\b", text), path


def test_no_tracked_file_names_a_package_host_or_a_developers_folder():
    hosts = r"(?:pypi|pythonhosted|anaconda|npmjs)\.org"
    folders = r"/(?:work|root|home/\w+|tmp(?!/ipykernel_))/"
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found = re.search(f"{hosts}|{folders}", text)
        assert not found, f"{path}: {found[0]}"


def test_every_target_of_make_does_something_and_says_what():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()) - {"test-env", "handout-env"}
    assert set(re.findall(r"^([a-z-]+):.*## \w.*\n\t\S", text, re.MULTILINE)) == targets


@pytest.mark.parametrize("name", ["README.md", "docs/panels.md", "validation/README.md"])
def test_pages_point_at_files_that_exist(name):
    page = ROOT / name
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_picture_in_docs_is_shown():
    shown = set(re.findall(r"\]\((\w+\.png)\)", (ROOT / "docs" / "panels.md").read_text(encoding="utf-8")))
    assert shown == {path.name for path in (ROOT / "docs").glob("*.png")}


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    zenodo = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    versions = {PROJECT["project"]["version"], calphos.__version__, citation["version"], zenodo["version"]}
    assert len(versions) == 1
    newest = re.search(r"^## (\S+) \(([\d-]+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest.groups() == (calphos.__version__, str(citation["date-released"]))
    assert zenodo["publication_date"] == str(citation["date-released"])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that holds the wheel and the sdist, built from this tree."""
    folder = tmp_path_factory.mktemp("built")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


def test_the_source_distribution_is_complete(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    assert {name for name in tracked - packed if not name.startswith(".ci/")} == set()


@pytest.fixture(scope="module")
def elsewhere(built, tmp_path_factory):
    """The Python of an environment that holds the wheel; this environment's libraries stand behind it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", symlinks=os.name == "posix")
    python = folder / "env" / ("bin/python" if os.name == "posix" else "Scripts/python.exe")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:  # what installing a wheel of Python alone amounts to
        archive.extractall(site)
    # A bare path brings libraries, but not the .pth file of the editable install.
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_works_where_nothing_else_of_the_repository_is(elsewhere, tmp_path):
    """A notebook that was copied out alone runs on the wheel alone, and says what it says in the repository."""
    kernel = tmp_path / "share" / "kernels" / "elsewhere" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    argv = [str(elsewhere), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel.write_text(json.dumps({"argv": argv, "display_name": "elsewhere", "language": "python"}))
    notebook = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    where = "import calphos; print(calphos.__file__)"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(where))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"JUPYTER_PATH": str(tmp_path / "share"), "PYTHONWARNINGS": "ignore"}
    work = tmp_path / "alone"
    work.mkdir()
    run = """if True:
        import sys, nbformat
        from nbclient import NotebookClient
        notebook = nbformat.read("alone.ipynb", as_version=4)
        NotebookClient(notebook, timeout=300, kernel_name="elsewhere").execute(cwd=".")
        print(notebook.cells[0].outputs[0].text)
    """
    nbformat.write(notebook, work / "alone.ipynb")
    command = [sys.executable, "-c", run]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert Path(done.stdout.strip()).is_relative_to(elsewhere.parents[1])


def test_the_wheel_brings_all_data_and_nothing_that_works_only_here(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    shipped = {name.removeprefix("calphos/data/") for name in names if name.startswith("calphos/data/")}
    assert shipped == {p.relative_to(ROOT / "data").as_posix() for p in (ROOT / "data").rglob("*") if p.is_file()}
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"calphos"}


def test_importing_the_package_is_light():
    """The large libraries wait until something needs them."""
    code = "import sys, calphos; print([m for m in ('matplotlib', 'numba', 'sympy', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
