"""Experiments that were found after the form of the model and the set-ups of the others were fixed: all validate."""
