"""Run the tests with the oldest packages that pyproject.toml admits and with the newest, on every Python here.

    python tools/versions.py [--only 3.12] [--resolution lowest-direct] [-- ARGUMENTS FOR PYTEST]

Writes one table, bench/versions.md. Needs uv; the environments are kept in build/versions for the next call.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "versions"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SHOWN = ("numpy", "scipy", "pandas", "matplotlib", "ipywidgets", "jupyterlab", "sympy")
RESOLUTIONS = {"lowest-direct": "oldest", "highest": "newest"}


def find_python(version):
    """Return the path of a Python of this minor version, or None: uv's, the system's or pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    if found := sorted(pyenv.glob(f"{version}.*/bin/python3")):
        return found[-1]
    found = subprocess.run(
        ["uv", "python", "find", "--no-project", version], capture_output=True, text=True, check=False
    )
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def make_environment(python, resolution, folder):
    """Create or refresh an environment. Returns its Python; raises CalledProcessError when it can't be made."""
    made = folder / "bin" / "python"
    if not made.exists():
        subprocess.run(["uv", "--quiet", "venv", "--python", python, folder], check=True)
    # Ready-made builds alone: an old version that would have to be compiled for a newer Python was never meant for it.
    builds = ["--only-binary", ":all:", "--no-binary", "calphos"]
    install = ["uv", "--quiet", "pip", "install", "--python", made, "--upgrade", "--resolution", resolution]
    subprocess.run([*install, *builds, "--editable", ".", "--group", "dev"], cwd=ROOT, check=True)
    return made


def run_tests(python, arguments):
    """Run the tests in an environment. Returns pytest's last line and whether all passed."""
    command = [python, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", "-p", "no:cacheprovider"]
    # Stored results of notebooks are compared with the pinned versions only (make test): others may round differently.
    # The set-up script has nothing to do with the packages.
    command += arguments or ["tests", "--ignore=tests/test_setup.py"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print(done.stdout)
    lines = done.stdout.strip().splitlines()
    last = next((line for line in reversed(lines) if re.search(r"\d+ (passed|failed|error)", line)), lines[-1])
    return re.sub(r" in [\d.]+s.*", "", last.strip("= ")), done.returncode == 0


def installed(python):
    """Return the versions of the packages that matter most."""
    code = "from importlib.metadata import version; import sys; print(*[version(n) for n in sys.argv[1:]])"
    return subprocess.run([python, "-c", code, *SHOWN], capture_output=True, text=True, check=True).stdout.split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one Python, such as 3.12")
    parser.add_argument("--resolution", choices=RESOLUTIONS, help="oldest or newest alone")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    arguments = parser.parse_args()

    table = [f"| Python | packages | {' | '.join(SHOWN)} | tests |", "|---" * (len(SHOWN) + 3) + "|"]
    all_passed = True
    for version in [arguments.only] if arguments.only else PYTHONS:
        base = find_python(version)
        if base is None:
            table.append(f"| {version} | {'| ' * len(SHOWN)}| not here |")
            continue
        for resolution in [arguments.resolution] if arguments.resolution else RESOLUTIONS:
            name = RESOLUTIONS[resolution]
            print(f"Python {version}, {name} packages ...", file=sys.stderr, flush=True)
            try:
                python = make_environment(base, resolution, PLACE / f"{version}-{name}")
            except subprocess.CalledProcessError:
                table.append(f"| {version} | {name} {'| ' * len(SHOWN)}| could not be installed |")
                all_passed = False
                continue
            result, passed = run_tests(python, arguments.pytest)
            all_passed &= passed
            table.append(f"| {version} | {name} | {' | '.join(installed(python))} | {result} |")
            print(table[-1], flush=True)

    text = "# Versions\n\nMade by `make versions`: the tests with the oldest packages that `pyproject.toml` admits"
    text += " and with the newest, on every Python found.\n\n" + "\n".join(table) + "\n"
    if not (arguments.only or arguments.resolution or arguments.pytest):
        (ROOT / "bench" / "versions.md").write_text(text, encoding="utf-8")
    return all_passed


if __name__ == "__main__":
    sys.exit(not main())
