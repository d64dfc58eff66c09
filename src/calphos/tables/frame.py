"""A pandas DataFrame for tables of sentences."""

import pandas as pd


class Table(pd.DataFrame):
    """A DataFrame that shows its cells whole: pandas would cut a sentence after 50 characters.

    Nothing of pandas' own settings changes. Whatever is chosen from a Table, or derived from it, is a Table too.

    >>> print(Table({"finding": ["calcium, phosphate and their product had no relation with the deposits"]}))
                                                                      finding
    0  calcium, phosphate and their product had no relation with the deposits
    """

    @property
    def _constructor(self):
        return Table

    def __repr__(self):
        with pd.option_context("display.max_colwidth", None):
            return super().__repr__()

    def _repr_html_(self):
        with pd.option_context("display.max_colwidth", None):
            return super()._repr_html_()
