#!/bin/sh
# Renew the pinned requirements from pyproject.toml: hashes, no addresses, good for every platform and Python >= 3.11.
# Versions already pinned stay unless they are asked to move: sh tools/pins.sh --upgrade
set -eu
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile pyproject.toml --group build -o requirements.txt "$@"
compile pyproject.toml --group build --group handout -c requirements.txt -o requirements-handout.txt "$@"
compile pyproject.toml --group build --group handout --extra test -c requirements.txt -o requirements-test.txt "$@"
echo uv | compile - -o tools/uv-requirements.txt "$@"
