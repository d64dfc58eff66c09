"""Interactive pictures: sliders, one kept figure, a summary in words.

    panel = panels.time_course("phosphate", "pth", sliders=["gfr", "diet_phosphate"], years=10)
    panel                        # shows it
    print(panel.set(gfr=30))     # moves the slider, returns the summary

Every panel has `set`, `pin`, `reset`, `summary`, `alt`, `figure` and `controls`.
"""

from calphos.panels.minerals import Deposition as deposition, Saturation as saturation
from calphos.panels.panel import Panel
from calphos.panels.plan import over_time
from calphos.panels.response import ResponseCurves as response_curves
from calphos.panels.sliders import Slider, slider
from calphos.panels.steady_state import BodyPanel as body_map, Compare as compare, SteadyState as steady_state
from calphos.panels.time_course import TimeCourse as time_course, ckd, cohort_markers, dialysis, infusion
