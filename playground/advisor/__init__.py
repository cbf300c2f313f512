"""The advisor: reads a run's spec and live numbers, and says in plain words what is wrong, why, and how to mend it."""

from playground.advisor.advice import Advice
from playground.advisor.case import Case, case_of
from playground.advisor.keeping import Keeper
from playground.advisor.rules import RULES, advise

__all__ = ["RULES", "Advice", "Case", "Keeper", "advise", "case_of"]
