"""Values from outside on a page: what fits, what does not and what would separate it, to the letter as in Python."""

import random

import pytest
from test_handouts import Reader, page_of, page_with_outputs, painted

from calphos import InputError, reference
from calphos.lessons import trainer
from calphos.tables.quantities import UNITS, quantity
from handout import blocks
from handout.extras import trainer_script
from handout.live import engine_script

ASK = """([typed, units]) => {
  try { const fit = new Fit(typed, units); return {text: fit.text, described: fit.described, ranking: fit.ranking}; }
  catch (problem) { if (!(problem instanceof Refused)) throw problem; return {text: problem.message}; }
}"""


@pytest.fixture(scope="module")
def engine(chromium):
    """A page that holds the model and the trainer's rules and nothing else, with no network."""
    with page_of(chromium, engine_script(), trainer_script()) as page:
        yield page


def published():
    for _, row in reference("published_cases").iterrows():
        yield row["units"], dict(part.split("=") for part in row["values"].split("; "))


def drawn(count):
    """Random reports: some of the quantities, each somewhere around its axis, in either unit system."""
    chance = random.Random(10)
    for _ in range(count):
        units = chance.choice(UNITS)
        names = chance.sample(trainer.REPORTED, chance.randint(1, len(trainer.REPORTED)))
        low_high = {name: quantity(name).axis(units) for name in names}
        yield (
            units,
            {name: f"{chance.uniform(max(low, high / 50), high):.4g}" for name, (low, high) in low_high.items()},
        )


@pytest.mark.parametrize(("units", "typed"), [*published(), *drawn(30)])
def test_the_page_answers_as_python_does(engine, units, typed):
    ordered = {name: typed[name] for name in trainer.REPORTED if name in typed}
    fitted = trainer.Fit(units, **ordered)
    found = engine.evaluate(ASK, [typed, UNITS.index(units)])
    assert found["ranking"] == fitted.ranking
    assert found["text"] == str(fitted.text(units))
    assert found["described"] == fitted.plot(units).alt


@pytest.mark.parametrize(
    "typed",
    [
        *(
            {},
            {"pth": "  "},
            {"pth": "much"},
            {"pth": "-1"},
            {"pth": "0"},
            {"pth": "1e10"},
            {"pth": "1.2.3"},
            {"pth": "4 5"},
        ),
        {"phosphate": "1.2", "gfr": "seven"},
    ],
)
def test_what_python_refuses_the_page_refuses(engine, typed):
    given = {name: text.strip() for name, text in typed.items() if text.strip()}
    with pytest.raises(InputError) as refused:
        trainer.Fit(**given)
    assert engine.evaluate(ASK, [typed, 0]) == {"text": str(refused.value)}


def test_a_reader_types_a_report_into_the_page(page, tmp_path):
    """A tie, then the test that it asks for, in conventional units, by keyboard, from disk, on a phone."""
    desk = trainer.Trainer(number=9)
    reader = Reader(page)
    page.set_viewport_size({"width": 360, "height": 800})
    reader.open(page_with_outputs(tmp_path, (blocks.trainer_block(desk), blocks.about(desk))))
    assert page.locator(".trainer pre").first.text_content() == str(desk.panel.text)
    page.get_by_label("Units").select_option("conventional")
    page.get_by_label("Total calcium (mg/dL)").fill("13,5")
    page.get_by_label("PTH (pg/mL)").fill("3")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    said = page.locator(".trainer pre").last
    told = trainer.Fit("conventional", total_calcium=13.5, pth=3).text("conventional")
    assert said.text_content() == str(told)
    assert told.startswith("A tie: ")
    page.get_by_label("Calcitriol (pg/mL)").fill("125")
    page.get_by_label("Calcidiol (ng/mL)").fill("50.7")
    page.keyboard.press("Enter")
    fitted = trainer.Fit("conventional", total_calcium=13.5, pth=3, calcidiol=50.7, calcitriol=125)
    assert said.text_content() == str(fitted.text("conventional"))
    painted(page)
    figure = page.locator(".trainer .figure")
    assert figure.get_attribute("aria-label") == fitted.plot("conventional").alt
    assert figure.locator("[data-entered]").count() == figure.locator("[data-model]").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in trainer.REPORTED:
        page.locator(f"input[id$='-{name}']").fill("")
    page.get_by_role("button", name="Compare").click()
    assert said.text_content().startswith("fit: give one or more of ")
    assert figure.is_hidden()
    reader.quiet()
