"""Settings that are searched on val: the space, what draws a trial, what ends one early, the study
that is kept."""
