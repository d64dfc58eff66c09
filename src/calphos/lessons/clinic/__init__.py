"""The virtual clinic: cases, visits, marks and the desk at which a learner works."""
