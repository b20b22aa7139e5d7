"""The readout's mathematics lies in ``similarity/readout.py``, which the service uses too."""

from similarity.readout import Readout, fit_plda, fit_whitening, load, power, save, shrunk, unit

__all__ = ["Readout", "fit_plda", "fit_whitening", "load", "power", "save", "shrunk", "unit"]
