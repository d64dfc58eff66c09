"""Pictures: one base, one file a kind. They draw what they are given and know no widgets."""
