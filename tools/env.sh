#!/bin/sh
# Make the environment, or open JupyterLab in it. Called by make, from the top of the repository:
#   sh tools/env.sh env     what the notebooks need
#   sh tools/env.sh handout the same and what builds handouts
#   sh tools/env.sh test    both and what the tests need
#   sh tools/env.sh lab     open JupyterLab (arguments after "lab" are passed on to it)
# PYTHON=/path/to/python chooses the Python. Calls after the first return at once.
set -eu

stop() {
    printf '\ncalphos: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '         %s\n' "$line" >&2; done
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || stop "PYTHON=$PYTHON is not Python 3.11 or newer, or does not run."
        return
    fi
    for PYTHON in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if is_new_enough "$PYTHON"; then return; fi
    done
    PYTHON=
}

free_megabytes() {
    df -Pk . | awk 'NR == 2 { print int($4 / 1024) }'
}

# Run a command quietly. When it fails, show what it said and what that most likely means.
run() {
    if said=$("$@" 2>&1); then return; fi
    printf '%s\n' "$said" >&2
    case $said in
        *"No space left"* | *"os error 28"* | *"Errno 28"*)
            stop "the disk is full ($(free_megabytes) MB free here)." \
                "The environment needs about $needed MB. Make room and try again." ;;
        *"ead-only file system"* | *"ermission denied"*)
            stop "this folder, or the cache of downloaded packages, cannot be written." \
                "Copy the repository to a folder of your own and try again there." ;;
        *"dns error"* | *"ailed to fetch"* | *"rror sending request"* | *"name resolution"* | \
            *"etwork is unreachable"* | *"NewConnectionError"* | *"timed out"* | *"onnection refused"* | \
            *"network connectivity is disabled"* | *"ProxyError"* | *"No matching distribution"* | *ertificate*)
            stop "the packages could not be fetched: the network is away, or something blocks it." \
                "Check the connection (and the proxy, where there is one) and try again." \
                "Only this first step needs the network; the notebooks do not." ;;
        *ensurepip* | *"No module named venv"*)
            stop "$PYTHON cannot make virtual environments." \
                "On Debian and Ubuntu: apt-get install python3-venv (as root), then try again." ;;
        *)
            stop "this step failed: $*" \
                "If a package has no build for this Python, choose another: make lab PYTHON=python3.12" ;;
    esac
}

make_environment() {
    case $1 in
        env) pins=requirements.txt needed=800 more= ;;
        handout) pins=requirements-handout.txt needed=820 more=', nbconvert, html5lib' ;;
        test) pins=requirements-test.txt needed=1400 more=', nbconvert, html5lib, nbval.plugin, hypothesis, scipy.stats, rattler, frictionless' ;;
    esac
    stamp=.venv/calphos-$1
    # An editable install remembers its folder, so a moved repository is a new one.
    wanted="$(pwd) $(cat "$pins" pyproject.toml tools/env.sh | cksum)"
    if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi

    if ! touch .writable 2>/dev/null; then
        stop "this folder cannot be written: $(pwd)" \
            "Is the disk full ($(free_megabytes) MB free here), or the folder somebody else's?" \
            "Copy the repository to a folder of your own and try again there."
    fi
    rm -f .writable
    free=$(free_megabytes)
    if [ "$free" -lt "$needed" ] && [ ! -f "$stamp" ]; then
        stop "too little room: $free MB free here, about $needed MB needed." "Make room and try again."
    fi

    # Hospitals and schools often look into the traffic with a certificate of their own: trust what the system trusts.
    if [ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" = Darwin ]; then
        export UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true  # the name in new and in old versions of uv
    fi
    uv=$(command -v uv || true)
    if [ -n "$uv" ] && ! "$uv" --version >/dev/null 2>&1; then uv=; fi
    if ! is_new_enough .venv/bin/python; then
        find_python
        if [ -z "$PYTHON" ] && [ -z "$uv" ]; then
            stop "Python 3.11 or newer is needed, and none was found." \
                "python3 here is: $(python3 --version 2>&1 || true)" \
                "Install a newer one, or say where it is: make lab PYTHON=/path/to/python3.12"
        fi
        rm -rf .venv
        if [ -n "$uv" ]; then
            run "$uv" venv --quiet --python "${PYTHON:-3.12}" .venv
        else
            run "$PYTHON" -m venv .venv
        fi
    fi
    python=.venv/bin/python

    if [ -z "$uv" ]; then
        # uv fetches and installs in parallel: seconds where pip takes most of a minute.
        if [ ! -x .venv/bin/uv ]; then
            "$python" -m pip install --quiet --require-hashes -r tools/uv-requirements.txt >/dev/null 2>&1 || true
        fi
        if [ -x .venv/bin/uv ]; then uv=.venv/bin/uv; fi
    fi
    echo "calphos: installing $(grep -c '==' "$pins") packages into .venv (about $needed MB; once only)" >&2
    if [ -n "$uv" ]; then
        run "$uv" pip install --quiet --python "$python" --require-hashes -r "$pins"
        run "$uv" pip install --quiet --python "$python" --no-deps --no-build-isolation -e .
    else
        run "$python" -m pip install --quiet --require-hashes -r "$pins"
        run "$python" -m pip install --quiet --no-deps --no-build-isolation -e .
    fi
    # No question about news over the first notebook.
    mkdir -p .venv/share/jupyter/lab/settings
    cp tools/jupyterlab-overrides.json .venv/share/jupyter/lab/settings/overrides.json
    # The first import compiles what a kernel and JupyterLab load; better here than in front of a class. Where nothing may
    # be written at imports (PYTHONDONTWRITEBYTECODE), every kernel would compile all of it anew.
    run env PYTHONDONTWRITEBYTECODE= "$python" -c "import calphos, ipywidgets, sympy, scipy.integrate$more
import IPython.core.debugger, ipykernel.debugger, ipykernel.kernelapp, jupyterlab.labapp, psutil
import matplotlib.backends.backend_agg, matplotlib.figure, matplotlib.style, pandas.io.formats.html"
    printf '%s\n' "$wanted" >"$stamp"
}

# The model's equations as flat code in the package itself: made when an organ is newer. Without it all works, slower.
make_model() {
    flat=src/calphos/model/generated.py
    if [ -f "$flat" ] && [ -z "$(find src/calphos/model/body/*.py src/calphos/model/trace.py data/parameters.csv -newer "$flat")" ]; then
        return
    fi
    .venv/bin/python -m calphos.model.trace || {
        echo "calphos: the equations could not be made into flat code; why stands above." >&2
        echo "         If an organ or data/parameters.csv was changed, mend it first. Otherwise the model works, but slower." >&2
    }
    .venv/bin/python -m compileall -qq src/calphos || true  # what does not compile says so when it is used
}

open_lab() {
    set -- --log-level=ERROR --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb "$@"
    # Kernels encrypt their traffic, as others may be on this machine.
    set -- --KernelManager.transport_encryption=auto "$@"
    if [ "$(id -u)" = 0 ]; then set -- --allow-root "$@"; fi
    if [ "$(uname)" != Darwin ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${BROWSER:-}" ]; then
        echo "calphos: no screen here; open the address that JupyterLab prints below (with its token) in a browser." >&2
        set -- --no-browser "$@"
    fi
    exec .venv/bin/python -m jupyterlab "$@"
}

case ${1:-} in
    env | handout | test)
        make_environment "$1"
        make_model
        ;;
    lab)
        shift
        make_environment env
        make_model
        open_lab "$@"
        ;;
    *) stop "usage: sh tools/env.sh env | handout | test | lab [arguments for JupyterLab]" ;;
esac
