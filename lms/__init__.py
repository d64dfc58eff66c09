"""The collection for course systems: SCORM packages, Moodle and QTI questions, Anki cards. `python -m lms` makes them."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
