"""A dataset becomes a report of what is wrong with it, and fixes that can be applied and taken back."""

from dvn.health.finding import Finding, Fix, HealthReport, Kind, Severity, report_of_json
from dvn.health.fixes import Fixed, apply_fixes
from dvn.health.reading import Reading
from dvn.health.report import CHECKED, VERSION, examine

__all__ = [
    "CHECKED",
    "VERSION",
    "Finding",
    "Fix",
    "Fixed",
    "HealthReport",
    "Kind",
    "Reading",
    "Severity",
    "apply_fixes",
    "examine",
    "report_of_json",
]
