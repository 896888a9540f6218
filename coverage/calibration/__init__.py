"""Fit the propagation model to drive tests: robust per band, errors stated by cross-validation over areas."""
