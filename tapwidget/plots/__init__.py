"""Histograms, Figure 1 and the sky as figures and arrays: no widgets."""
