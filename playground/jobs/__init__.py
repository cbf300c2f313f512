"""Training and other long work, in processes of their own: `JobService`."""

from playground.jobs.run_info import RunInfo, Weights
from playground.jobs.service import JobService
from playground.jobs.tasks import TaskState
from playground.progress import TaskProgress

__all__ = ["JobService", "RunInfo", "TaskProgress", "TaskState", "Weights"]
