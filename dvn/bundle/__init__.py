"""A trained classifier becomes a zip that predicts without Forethought: ONNX, tokenisers and `predict.py`.

Its probabilities differ from the classifier's by at most `TOLERANCE`, and its labels only where two classes
are as probable as each other.
"""

from dvn.bundle.archive import write_zip
from dvn.bundle.card import CardFacts, Measured
from dvn.bundle.contents import TOLERANCE, Bundle, make_bundle
from dvn.bundle.graph import TooLargeGraphError

__all__ = ["TOLERANCE", "Bundle", "CardFacts", "Measured", "TooLargeGraphError", "make_bundle", "write_zip"]
