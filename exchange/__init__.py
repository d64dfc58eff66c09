"""The model for other programs: the key figure of each notebook as a COMBINE archive. `python -m exchange` makes them."""
