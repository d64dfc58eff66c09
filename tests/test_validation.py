"""Calibration and validation: one set of limits, and stored results that say what the README says."""

import csv
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def read(path):
    with open(ROOT / path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def parts():
    """PARTS of validation/validate.py as a dict of target and part to (published, low, high)."""
    sys.path.insert(0, str(ROOT / "validation"))
    try:
        import validate
    finally:
        sys.path.remove(str(ROOT / "validation"))
    return {row[0] + row[1]: row[3:6] for row in validate.PARTS}


def test_limits_are_those_that_were_frozen(parts):
    targets = [row for row in read("data/targets.csv") if row["low"]]
    assert len(targets) >= 20
    for row in targets:
        published, low, high = parts[row["id"]]
        assert (low, high) == (float(row["low"]), float(row["high"])), row["id"]
        if row["target"].replace(".", "").isdigit():
            assert published == float(row["target"]), row["id"]


def test_every_target_is_run(parts):
    assert {key[:3] for key in parts} == {row["id"] for row in read("data/targets.csv")}


def test_stored_results_follow_from_the_limits(parts):
    results = read("validation/results.csv")
    assert [row["id"] for row in results] == list(parts)
    for row in results:
        published, low, high = parts[row["id"]]
        model = float(row["model"])
        inside = (low is None or model >= low) and (high is None or model <= high)
        assert row["inside"] == str(inside), row["id"]
        assert [row["published"], row["low"], row["high"]] == [
            "" if value is None else f"{value:.4g}" for value in (published, low, high)
        ], row["id"]


def test_the_readme_prints_the_score_of_the_stored_results():
    targets = {}
    for row in read("validation/results.csv"):
        targets.setdefault(row["id"][:3], []).append(row["inside"] == "True")
    text = (ROOT / "validation" / "README.md").read_text(encoding="utf-8")
    printed = re.search(r"(\d+) of (\d+) calibration targets \(C\) and (\d+) of (\d+) validation", text)
    counts = []
    for letter in "CV":
        found = [all(inside) for key, inside in targets.items() if key.startswith(letter)]
        counts += [sum(found), len(found)]
    assert [int(number) for number in printed.groups()] == counts
