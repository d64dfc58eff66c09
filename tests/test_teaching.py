"""The teacher's guide and the glossary: up to date, complete, and with links that lead somewhere."""

import importlib.util
import re
from inspect import signature

import pytest
from notebook_text import NAMES, ROOT, TITLES, misspelt, numbered, read

from calphos import Patient, pulse, quantity, sessions, simulate, steady_state
from calphos.chemistry import ripening_time, speciate

PAGES = sorted((ROOT / "teaching").glob("*.md"))
GUIDE = (ROOT / "teaching" / "guide.md").read_text(encoding="utf-8")


def test_the_glossary_page_is_that_of_the_table():
    spec = importlib.util.spec_from_file_location("glossary", ROOT / "tools" / "glossary.py")
    glossary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(glossary)
    assert glossary.PAGE.read_text(encoding="utf-8") == glossary.page(), "run python tools/glossary.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_resolve(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    broken = {target for target in targets if "://" not in target and not (page.parent / target).is_file()}
    assert not broken


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_answers_every_section(name):
    part = GUIDE.split(f"\n### {name[:2]} · {TITLES[name]}\n")[1].split("\n##")[0]
    answered = re.findall(r"^- \*\*(.+?)\.?\*\* \*.+\* \S", part, re.MULTILINE)
    assert answered == [section.heading for section in numbered(name)]


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_has_the_minutes_and_the_section_for_a_lecture(name):
    row = re.search(rf"\]\(\.\./notebooks/{name}\.ipynb\) \| (\d+) \| \d+: (.+) \|$", GUIDE, re.MULTILINE)
    assert f"| **Time** | {row[1]} minutes |" in read(name).cells[0].source
    assert row[2] in [section.heading for section in numbered(name)]


def test_sliders_named_in_the_guide_are_inputs_of_the_model():
    from calphos.model.parameters import parameters

    named = set(re.findall(r"`([a-z_0-9]+)`", GUIDE.split("## Misconceptions")[1].split("\n## ")[0]))
    assert named
    assert named <= {name for name, row in parameters().items() if row.kind == "input"}


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda page: page.stem)
def test_spelling(page):
    assert not misspelt(page)


# The guide promises what learners will see when they make a move. In the order of its table of misconceptions.


def final(days, **settings):
    return simulate(Patient(**settings), days=days).final


def ratios(before, after, *names):
    return [after[name] / before[name] for name in names]


def test_low_albumin_lowers_total_calcium_only():
    total, ionised, pth = ratios(final(30), final(30, albumin=20), "total_calcium", "ionised_calcium", "pth")
    assert total < 0.9
    assert ionised == pytest.approx(1, abs=0.02)
    assert pth == pytest.approx(1, abs=0.1)


def test_kidney_disease_with_a_normal_phosphate_and_a_calcium_that_is_not_high():
    moderate, severe = (steady_state(Patient(gfr=gfr)) for gfr in (40, 15))
    assert quantity("phosphate").flag(moderate["phosphate"]) == "normal"
    assert quantity("fgf23").flag(moderate["fgf23"]) == "high"
    assert severe["pth"] > 2 * moderate["pth"]
    assert quantity("total_calcium").flag(severe["total_calcium"]) != "high"


@pytest.mark.parametrize("cause", [{"casr_set_point": 1.14}, {"adenoma": 1}])
def test_a_pth_that_is_not_suppressed_at_a_raised_calcium(cause):
    total, pth = ratios(final(1000), final(1000, **cause), "total_calcium", "pth")
    assert total > 1.03
    assert pth > 0.9


def test_pth_has_a_floor():
    course = simulate(Patient(calcium_infusion=pulse(10, hours=2)), hours=2)
    assert course.final["ionised_calcium"] > 1.15 * course["ionised_calcium"].iloc[0]
    assert course.final["pth"] > 0.05 * course["pth"].iloc[0]


def test_the_store_falls_before_the_hormone():
    ill = final(365, sunlight=0.35)
    assert quantity("calcidiol").flag(ill["calcidiol"]) == "low"
    assert quantity("calcitriol").flag(ill["calcitriol"]) == "normal"


def test_vitamin_d_feeds_a_granuloma():
    changed = ratios(
        final(365, extrarenal_calcitriol=3),
        final(365, extrarenal_calcitriol=3, native_vitamin_d=100),
        "calcitriol",
        "total_calcium",
    )
    assert min(changed) > 1


def test_diet_shows_in_urine_not_in_blood():
    usual, less = (steady_state(Patient(diet_phosphate=diet)) for diet in (40, 20))
    urine, blood = ratios(usual, less, "urine_phosphate", "phosphate")
    assert urine < 0.6
    assert blood > 0.9


def test_a_longer_session_wins():
    peaks = []
    for hours in (4, 8):
        course = simulate(Patient(gfr=5, dialysis=sessions(hours=hours)), days=28, points=28 * 24 + 1)
        peaks.append(course["phosphate"].iloc[-7 * 24 :].max())
    assert peaks[1] < peaks[0]


def test_the_sign_of_the_calcium_balance_turns():
    low, high = (final(28, gfr=5, dialysis=0.0714, bath_calcium=bath)["calcium_balance"] for bath in (1.25, 1.75))
    assert low < 0 < high


def test_inhibitors_change_time_and_not_saturation():
    assert ripening_time(fetuin_a=0.6) < ripening_time()
    assert "fetuin_a" not in signature(speciate).parameters
