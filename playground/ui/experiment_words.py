"""How experiments and their trials are told in words."""

from __future__ import annotations

import time

from playground.figures.score import ScoreScale
from playground.studies.state import StudyState
from playground.ui.live import clock

KINDS: dict[str, str] = {"seeds": "Is the difference real?", "search": "Search", "cross_validation": "Cross-validation"}

ICONS: dict[str, str] = {
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "interrupted": ":material/power_off:",
    "failed": ":material/error:",
}

_STATUSES: dict[str, str] = {"pruned": "given up early", "running": "learning", "finished": "done"}

TABLE_STYLE = """<style>
.experiment-table {border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; max-width: 640px;}
.experiment-table th {text-align: left; font-weight: 500; opacity: .75;}
.experiment-table th, .experiment-table td {padding: .2rem .9rem .2rem 0; border-bottom: 1px solid rgba(128, 128, 128, .25);}
</style>"""


def status_words(status: str) -> str:
    """The status of a trial."""
    return _STATUSES.get(status, status)


def told(scale: ScoreScale, score: float, digits: int = 2) -> str:
    """A score in words: "97.42 %", or an R² of "0.6134"; a real minus, which is as wide as a plus."""
    return scale.text(score, digits).replace("-", "−")


def points(value: float, digits: int = 2) -> str:
    """Percentage points with their sign; a real minus, which is as wide as a plus."""
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−")


def ago(created: float) -> str:
    """When something began: "just now", "5 min ago", "3 h ago", or the date."""
    seconds = max(0.0, time.time() - created)
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 24 * 3600:
        return f"{seconds / 3600:.0f} h ago"
    return time.strftime("%d %b %Y", time.localtime(created))


def progress_words(state: StudyState) -> str:
    """Where an experiment stands: how many networks are done, and how long the others will take."""
    ended, planned = state.num_ended, max(state.planned, len(state.trials))
    parts = [f"**{ended}** of {planned} networks"]
    failed = sum(trial.status == "failed" for trial in state.trials)
    pruned = sum(trial.status == "pruned" for trial in state.trials)
    if pruned:
        parts.append(f"{pruned} given up early")
    if failed:
        parts.append(f"{failed} failed")
    done = [trial.seconds for trial in state.trials if trial.has_ended and trial.seconds]
    if state.is_active and done:
        begun = sum(trial.seconds for trial in state.trials if not trial.has_ended)
        left = sum(done) / len(done) * (planned - ended) - begun
        parts.append(f"about {clock(max(1.0, left))} of computing left")
    elif done:
        parts.append(f"{clock(sum(done))} of computing")
    if state.status == "interrupted":
        parts.append("interrupted: the server was restarted. **Resume** has it go on")
    elif state.status in ("stopped", "failed"):
        parts.append(state.status)
    return " · ".join(parts)
