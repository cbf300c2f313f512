"""Many runs that answer one question: is a difference real, which settings are best, how much does the split matter?"""

from playground.studies.service import StudyService
from playground.studies.state import StudyState, Trial

__all__ = ["StudyService", "StudyState", "Trial"]
