"""What a test does to a probability, with a picture of a thousand people; and everything about telling disorders apart."""

from calphos.drawing.lessons import PEOPLE, PeopleDrawing, percent
from calphos.lessons.calcium_score import AgatstonPanel as agatston_panel
from calphos.lessons.trainer import Fit as fit, LabPanel as lab_panel, Trainer as trainer, patterns, published_cases
from calphos.panels.panel import Panel
from calphos.panels.sliders import own_sliders
from calphos.tables.errors import number
from calphos.tables.reading import records

POSSIBLE = (1e-6, 1 - 1e-6)  # probabilities: at 0 and at 1 a ratio would be without bound


def likelihood_ratios(sensitivity, specificity):
    """Return (of a positive result, of a negative result) for a sensitivity and a specificity, both from 0 to 1.

    LR+ = sensitivity / (1 - specificity), LR- = (1 - sensitivity) / specificity. Raises InputError at 0 or 1.
    """
    sensitivity = number(sensitivity, "sensitivity", *POSSIBLE)
    specificity = number(specificity, "specificity", *POSSIBLE)
    return sensitivity / (1 - specificity), (1 - sensitivity) / specificity


def post_test(pretest, ratio):
    """Return the probability of disease after a result: odds before times its likelihood ratio, back to a probability.

    Raises InputError for a probability of 0 or 1 and for a ratio below 0.

    >>> positive, negative = likelihood_ratios(sensitivity=0.89, specificity=0.9)
    >>> round(post_test(0.1, positive), 3)
    0.497
    """
    pretest = number(pretest, "pretest", *POSSIBLE)
    odds = pretest / (1 - pretest) * number(ratio, "ratio", 0)
    return odds / (1 + odds)


class BayesPanel(Panel):
    """From a pre-test to a post-test probability, with a picture of a thousand people (`differential.bayes_panel`).

    Sliders, in percent: pretest (it starts as given), sensitivity and specificity. The menu has the tests of
    `data/diagnostic_tests.csv`, where their sources stand.
    """

    kind = "bayes"
    has_units = False
    draws = PeopleDrawing

    def __init__(self, pretest=10, **options):
        presets = {"any test": {}}
        for row in records("diagnostic_tests"):
            title = f"{row['test']} {row['finding']}: {row['target']}"
            presets[title] = {word: round(100 * row[word], 1) for word in ("sensitivity", "specificity")}
        super().__init__(own_sliders("bayes", pretest=pretest).values(), presets=presets, **options)

    def _solve(self, settings):
        before, sensitivity, specificity = (settings[name] / 100 for name in ("pretest", "sensitivity", "specificity"))
        ill, ratios = round(PEOPLE * before), likelihood_ratios(sensitivity, specificity)
        caught, cleared = round(ill * sensitivity), round((PEOPLE - ill) * specificity)
        return {
            "before": before,
            "positive": post_test(before, ratios[0]),
            "negative": post_test(before, ratios[1]),
            "ratios": ratios,
            "counts": (caught, ill - caught, PEOPLE - ill - cleared, cleared),
        }

    def numbers(self, result):
        """Return what the summary tells, as texts."""
        caught, missed, alarmed, cleared = result["counts"]
        up, down = result["ratios"]
        people = {"caught": caught, "missed": missed, "alarmed": alarmed, "cleared": cleared}
        people |= {"people": PEOPLE, "ill": caught + missed, "well": alarmed + cleared}
        told = {name: str(count) for name, count in people.items()} | {"up": f"{up:.1f}", "down": f"{down:.2f}"}
        return told | {name: percent(result[name]) for name in ("positive", "negative")}


bayes_panel = BayesPanel
