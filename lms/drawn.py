"""Questions with numbers that differ from student to student: the right answer is the model's own run.

A question here is a dict of the form of `data/schemas/quiz.json`, as those of the notebooks' quizzes are.
"""

import numpy as np

from calphos import Patient, quantity, sessions, simulate, steady_state

LITRES_PER_DAY = 1.44  # in 1 mL/min


def phosphate_of_a_diet(rng):
    gfr, eaten = int(rng.integers(5, 20)) * 5, int(rng.integers(4, 13)) * 5
    found = steady_state(Patient(gfr=gfr, diet_phosphate=eaten))["phosphate"]
    return _number(
        f"Set a panel of notebook 05 to a GFR of {gfr} mL/min and to {eaten} mmol of phosphate eaten a day. At which "
        "phosphate does blood settle?",
        found,
        "mmol/L",
        0.03,
        f"In the model it settles at {found:.2f} mmol/L, where urine carries away what the gut takes up.",
    )


def fractional_excretion(rng):
    gfr = int(rng.integers(3, 20)) * 5
    state = steady_state(Patient(gfr=gfr, diet_phosphate=int(rng.integers(5, 12)) * 5))
    urine, plasma = round(state["urine_phosphate"], 1), round(state["phosphate"], 2)
    share = 100 * urine / (state["gfr"] * LITRES_PER_DAY * plasma)
    filtered = state["gfr"] * LITRES_PER_DAY * plasma
    return _number(
        f"Urine holds {urine:.1f} mmol of phosphate a day; plasma phosphate is {plasma:.2f} mmol/L and GFR "
        f"{state['gfr']:.0f} mL/min. Which share of the filtered phosphate is excreted, in percent?",
        share,
        "%",
        max(0.02 * share, 0.3),
        f"Filtered: {state['gfr']:.0f} mL/min are {state['gfr'] * LITRES_PER_DAY:.0f} L a day, times {plasma:.2f} mmol/L "
        f"is {filtered:.0f} mmol a day. {urine:.1f} of {filtered:.0f} is {share:.0f} %.",
    )


def product_in_old_units(rng):
    state = steady_state(Patient(gfr=int(rng.integers(2, 9)) * 5, diet_phosphate=int(rng.integers(6, 13)) * 5))
    calcium, phosphate = round(state["total_calcium"], 2), round(state["phosphate"], 2)
    factors = [quantity(name).conventional_per_si for name in ("total_calcium", "phosphate")]
    product = calcium * factors[0] * phosphate * factors[1]
    return _number(
        f"Total calcium is {calcium:.2f} mmol/L and phosphate {phosphate:.2f} mmol/L. What is their product in mg²/dL²? "
        "(1 mmol/L is 4.008 mg/dL of calcium and 3.097 mg/dL of phosphate.)",
        product,
        "mg²/dL²",
        0.02 * product,
        f"{calcium * factors[0]:.1f} mg/dL times {phosphate * factors[1]:.1f} mg/dL is {product:.0f} mg²/dL².",
    )


def balance_of_a_day(rng):
    diet, rest = int(rng.integers(6, 20)) * 2, round(float(rng.uniform(0.2, 1)), 2)
    final = simulate(Patient(diet_calcium=diet, immobilisation=rest), days=int(rng.integers(5, 40)), points=2).final
    eaten, stool, urine = (round(final[n], 1) for n in ("calcium_eaten", "faecal_calcium", "urine_calcium"))
    left = eaten - stool - urine
    return _number(
        f"In a day {eaten:.1f} mmol of calcium are eaten, {stool:.1f} leave with the faeces and {urine:.1f} with the "
        "urine. What is the balance of the day? (A loss has a minus.)",
        left,
        "mmol",
        0.11,
        f"{eaten:.1f} − {stool:.1f} − {urine:.1f} = {left:.1f} mmol. Bone takes up or gives what is missing.".replace(
            "-", "−"
        ),
    )


def fall_in_a_session(rng):
    hours = int(rng.integers(3, 7))
    patient = Patient(gfr=3, diet_phosphate=int(rng.integers(5, 9)) * 5, dialysis=sessions(hours=hours))
    course = simulate(patient, days=15, points=np.linspace(0, 15, 15 * 24 + 1))
    before, after = (round(course.at(days=14 + hour / 24)["phosphate"], 2) for hour in (8, 8 + hours))
    fall = 100 * (1 - after / before)
    return _number(
        f"A dialysis session of {hours} hours takes phosphate from {before:.2f} to {after:.2f} mmol/L. By what share has "
        "it fallen, in percent?",
        fall,
        "%",
        1.0,
        f"1 − {after:.2f}/{before:.2f} = {fall:.0f} %. Much of it comes back within hours, out of cells.",
    )


def share_absorbed(rng):
    state = steady_state(Patient(diet_calcium=int(rng.integers(4, 25)) * 2, gfr=int(rng.integers(6, 21)) * 5))
    eaten, absorbed = round(state["calcium_eaten"], 1), round(state["calcium_absorbed"], 1)
    share = 100 * absorbed / eaten
    return _number(
        f"{absorbed:.1f} of {eaten:.1f} mmol of calcium eaten a day are absorbed. Which share is that, in percent?",
        share,
        "%",
        1.0,
        f"{absorbed:.1f}/{eaten:.1f} is {share:.0f} %. The less is eaten and the more calcitriol, the larger the share.",
    )


TEMPLATES = (
    phosphate_of_a_diet,
    fractional_excretion,
    product_in_old_units,
    balance_of_a_day,
    fall_in_a_session,
    share_absorbed,
)


def drawn(count):
    """Return {name of a template: its `count` questions}; question n of a template is always the same."""
    return {
        make.__name__: [make(np.random.default_rng([number, place])) for number in range(1, count + 1)]
        for place, make in enumerate(TEMPLATES)
    }


def _number(question, value, unit, tolerance, feedback):
    value, tolerance = float(value), float(tolerance)
    return {
        "question": question,
        "type": "numeric",
        "unit": unit,
        "answers": [
            {"type": "range", "range": [value - tolerance, value + tolerance], "correct": True, "feedback": feedback},
            {"type": "default", "correct": False, "feedback": feedback},
        ],
    }
