"""A study under way: it follows its trials' runs, begins the next, and learns from those that ended. One thread works on it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from playground.checks import check
from playground.errors import PlaygroundError
from playground.jobs.service import JobService
from playground.spec import RunSpec
from playground.store.values import Origin
from playground.studies.plans import Search, Value
from playground.studies.search import Explorer
from playground.studies.state import StudyState, Trial
from playground.studies.trials import run_of_values
from playground.training.history import History

TRIALS_AT_ONCE = 2
_RETRY_SECONDS = 1.0
_TRIALS_A_TURN = 10  # of settings that cannot be trained there may be many: other studies get their turn


@dataclass
class _Followed:
    """The run of a trial: what is known of it so far."""

    cursor: int = 0
    history: History = field(default_factory=History)


class ActiveStudy:
    """Works on one study, a little each time `advance` is called.

    Args:
        state: a new study, or one that goes on: its unfinished runs are taken up where they are.
        save: called with the state whenever something is worth keeping.
    """

    def __init__(self, state: StudyState, jobs: JobService, save: Callable[[StudyState], None]) -> None:
        self.stop_requested = False
        self._turn = threading.Lock()
        self._jobs, self._save = jobs, save
        self._header = replace(state, status="running", message="", trials=())
        self._trials = {trial.number: trial for trial in state.trials}
        self._explorer: Explorer | None = None
        self._followed: dict[int, _Followed] = {}
        self._hopeless: set[int] = set()
        self._exhausted = False
        self._retry_at = 0.0

    @property
    def state(self) -> StudyState:
        return replace(self._header, trials=tuple(self._trials[number] for number in sorted(self._trials)))

    @property
    def num_unfinished(self) -> int:
        """Runs of this study that are being trained, or wait for it."""
        return len(self._followed)

    def advance(self, free: int) -> None:
        """Takes note of what happened since the last time, and begins new trials, at most `free` of them."""
        with self._turn:
            if self._header.status == "running":
                self._advance(free)

    def abandon(self) -> None:
        """Ends its runs and saves nothing more: it is about to be deleted. Waits for the end of its turn."""
        with self._turn:
            self._save = _forget
            self._stop("stopped")

    def _advance(self, free: int) -> None:
        if self.stop_requested:
            self._stop("stopped")
            return
        if isinstance(self._header.plan, Search) and self._explorer is None:
            self._explorer = Explorer(self._header.plan, self.state.trials)
        for trial in list(self._trials.values()):
            if trial.run_id and not trial.has_ended:
                self._follow(trial)
        if time.monotonic() >= self._retry_at:
            self._begin_more(min(free, TRIALS_AT_ONCE - self.num_unfinished))
        if not self._followed and self._exhausted:
            self._finish()

    def give_up(self, reason: str) -> None:
        """Ends the study after a fault."""
        self._header = replace(self._header, status="failed", message=reason)
        self._stop("failed")

    # --- following --------------------------------------------------------------------------------------------------

    def _follow(self, trial: Trial) -> None:
        assert trial.run_id is not None
        try:
            if trial.number not in self._followed and not self._take_up(trial.run_id):
                return
            followed = self._followed.setdefault(trial.number, _Followed())
            events, followed.cursor = self._jobs.events_since(trial.run_id, followed.cursor)
        except PlaygroundError:
            self._end(trial, "failed", "Its run was deleted.")
            return
        if not events:
            return
        followed.history.fold(events)
        history = followed.history
        curve = {ended.epoch: ended.validation_accuracy for ended in history.epochs if ended.validation_accuracy is not None}
        told = tuple(curve) if len(curve) != max(curve, default=0) else ()
        parameters = history.started.num_parameters if history.started else None
        trial = replace(
            trial,
            status=history.status if history.is_active else trial.status,
            curve=tuple(curve.values()),
            told=told,
            num_parameters=parameters or trial.num_parameters,
            seconds=history.seconds,
        )
        self._trials[trial.number] = trial
        if not history.is_active:
            self._judge(trial, history)
        elif self._is_hopeless(trial, history):
            self._hopeless.add(trial.number)
            self._jobs.stop(trial.run_id or "")

    def _is_hopeless(self, trial: Trial, history: History) -> bool:
        if self._explorer is None or history.started is None or trial.number in self._hopeless:
            return False
        # After the last epoch there is nothing left to be saved.
        return max(trial.epochs, default=0) < history.started.epochs and self._explorer.is_hopeless(trial)

    def _take_up(self, run_id: str) -> bool:
        """Has an interrupted run go on; False when the server has no room for it now."""
        if self._jobs.info(run_id).status == "interrupted":
            if time.monotonic() < self._retry_at:
                return False
            try:
                self._jobs.resume(run_id)
            except PlaygroundError as error:
                self._wait(error)
                return False
        return True

    def _judge(self, trial: Trial, history: History) -> None:
        """Takes a trial whose run has ended."""
        if history.changes:
            self._end(trial, "failed", "Its settings were changed on the way, so that it is no fair trial.")
        elif history.finished:
            ended = history.final_epoch
            score = ended.validation_accuracy if ended else None
            if score is None:
                self._end(trial, "failed", "It had nothing to validate on.")
            else:
                self._end(replace(trial, score=score), "finished")
        elif history.failed:
            self._end(trial, "failed", f"{history.failed.what} {history.failed.mend}".strip())
        elif trial.number in self._hopeless:
            epochs = "1 epoch" if max(trial.epochs) == 1 else f"{max(trial.epochs)} epochs"
            self._end(trial, "pruned", f"Worse than most after {epochs}.")
        elif self._jobs.kept.is_deleted(trial.run_id or ""):
            self._end(trial, "failed", "Its run was deleted.")
        else:
            self._end(trial, "stopped", "It was stopped by hand.")

    def _end(self, trial: Trial, status: str, reason: str = "") -> None:
        trial = self._trials[trial.number] = replace(trial, status=status, reason=reason)
        self._followed.pop(trial.number, None)
        if self._explorer:
            self._explorer.learn(trial)
        self._save(self.state)

    # --- beginning --------------------------------------------------------------------------------------------------

    def _begin_more(self, count: int) -> None:
        for _ in range(_TRIALS_A_TURN):
            if count <= 0 or (trial := self._next()) is None:
                return
            run = self._trainable(trial)
            if run is None:
                continue
            # Stored before its run is, so that a server which ends between the two finds the run's place again.
            self._save(self.state)
            try:
                origin = Origin(study=self._header.id, trial=trial.number)
                run_id = self._jobs.submit(run, self._header.owner, origin=origin)
            except PlaygroundError as error:
                self._wait(error)
                return
            self._trials[trial.number] = replace(trial, run_id=run_id)
            self._followed[trial.number] = _Followed()
            self._header = replace(self._header, message="")
            self._save(self.state)
            count -= 1

    def _next(self) -> Trial | None:
        """The next trial without a run; None when there is none, now or ever."""
        for trial in self._trials.values():
            if trial.run_id is None and not trial.has_ended:
                return trial
        values: Mapping[str, Value | None] | None = None
        if self._explorer and not self._exhausted:
            values = self._explorer.propose(len(self._trials))
        if values is None:
            self._exhausted = True
            return None
        trial = self._trials[len(self._trials)] = Trial(len(self._trials), values=values)
        return trial

    def _trainable(self, trial: Trial) -> RunSpec | None:
        """The run of a trial; None, and the trial has failed, when it cannot be trained."""
        try:
            run = run_of_values(self._header.plan, trial.values)
            reason = " ".join(finding.message for finding in check(run).errors)
        except PlaygroundError as error:
            reason = error.what
        if reason:
            self._end(trial, "failed", reason)
            return None
        return run

    def _wait(self, error: PlaygroundError) -> None:
        """The server has no room: tries again later."""
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        self._header = replace(self._header, message=f"Waiting: {error.what} {error.expected}".strip())

    # --- ending -----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        reasons = [trial.reason for trial in self._trials.values() if trial.status == "failed"]
        if any(trial.score is not None for trial in self._trials.values()):
            message = f"{len(reasons)} of {len(self._trials)} trials failed." if reasons else ""
            self._header = replace(self._header, status="done", message=message)
        else:
            message = f"No trial could be finished. {reasons[0]}" if reasons else "No trial was finished."
            self._header = replace(self._header, status="failed", message=message)
        self._save(self.state)

    def _stop(self, status: str) -> None:
        for trial in self._trials.values():
            if trial.run_id and not trial.has_ended:
                with contextlib.suppress(PlaygroundError):  # the run may be gone already
                    self._jobs.stop(trial.run_id)
                self._trials[trial.number] = replace(trial, status="stopped")
        self._followed.clear()
        self._header = replace(self._header, status=status)
        self._save(self.state)


def _forget(state: StudyState) -> None:
    """In place of saving."""
