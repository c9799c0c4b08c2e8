"""What a trained classifier can and cannot do: scores with intervals, honest probabilities, telling words."""

from dvn.assessment.abstention import Answered, ThresholdChoice
from dvn.assessment.assess import Assessment, ClassScore, WorstError, assess
from dvn.assessment.calibration import Reliability, ReliabilityBin
from dvn.assessment.intervals import Interval
from dvn.assessment.measured import MeasuredPart, MeasuredPredictions, measured
from dvn.assessment.occlusion import MOST_WORDS, ExplainedWord, explain
from dvn.assessment.telling_words import TellingWord, telling_words

__all__ = [
    "MOST_WORDS",
    "Answered",
    "Assessment",
    "ClassScore",
    "ExplainedWord",
    "Interval",
    "MeasuredPart",
    "MeasuredPredictions",
    "Reliability",
    "ReliabilityBin",
    "TellingWord",
    "ThresholdChoice",
    "WorstError",
    "assess",
    "explain",
    "measured",
    "telling_words",
]
