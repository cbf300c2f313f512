"""The study service: one a server. Works on all studies that are under way, through the job service."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections import Counter
from dataclasses import replace

from playground import settings
from playground.errors import PlaygroundError
from playground.jobs.service import JobService
from playground.store.store import Store
from playground.studies.active import ActiveStudy
from playground.studies.fields import field_title
from playground.studies.plans import CrossValidation, Search, SeedComparison
from playground.studies.record import from_stored, to_stored
from playground.studies.requirements import require_startable
from playground.studies.state import StudyState, Trial
from playground.studies.trials import fixed_values, grid_size, num_planned

_POLL_SECONDS = 0.25
_MAX_ENDED_IN_MEMORY = 40
_METHODS = {"grid": "Grid search", "random": "Random search", "tpe": "TPE search"}
_log = logging.getLogger("playground.studies")


class StudyService:
    """Trains many runs that answer one question. Any thread may call any method, and none waits for a run.

    What a study finds is stored as it happens. After a restart of the server, a study that was under way is
    "interrupted", and `resume` has it go on.
    """

    def __init__(self, jobs: JobService, store: Store) -> None:
        self._jobs, self._store = jobs, store
        self._changed = threading.Condition()
        self._active: dict[str, ActiveStudy] = {}
        self._states: dict[str, StudyState] = {}  # of all that this server worked on lately, the latest published
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, plan: SeedComparison | Search | CrossValidation, owner: str) -> str:
        """Begins a study; returns its id.

        Raises:
            PlaygroundError: the plan cannot give an answer, or is larger than this server allows; or the visitor has as
                many studies under way as they may have unfinished runs.
        """
        require_startable(plan)
        self._require_place(owner)
        trials: tuple[Trial, ...] = ()
        if not isinstance(plan, Search):
            trials = tuple(Trial(number, values=values) for number, values in enumerate(fixed_values(plan)))
        state = StudyState(
            secrets.token_hex(10),
            owner,
            plan.kind,
            plan,
            "running",
            time.time(),
            trials,
            num_planned(plan),
            "",
            study_name(plan),
        )
        self._store.save_study(to_stored(state))
        self._activate(state)
        return state.id

    def stop(self, study_id: str) -> None:
        """Ends a study and its unfinished runs; what was found stays."""
        with self._changed:
            study = self._active.get(study_id)
            if study is not None:
                study.stop_requested = True
                self._states[study_id] = replace(self._states[study_id], status="stopped")
                self._changed.notify_all()
                return
        state = self.state(study_id)
        if state.status == "interrupted":
            for trial in state.trials:
                if trial.run_id and not trial.has_ended:
                    with contextlib.suppress(PlaygroundError):  # the run may be gone
                        self._jobs.stop(trial.run_id)
            self._publish(replace(state, status="stopped", trials=tuple(_stopped(trial) for trial in state.trials)))

    def resume(self, study_id: str) -> None:
        """Has an interrupted, stopped or failed study go on. Trials that ended keep their results; interrupted runs go on
        where they were, and stopped ones begin anew.

        Raises:
            PlaygroundError: there is no such study, or it is done; or the visitor has too many under way.
        """
        with self._changed:
            study = self._active.get(study_id)
            if study is not None:
                if study.stop_requested:  # the click on Stop was taken back in time
                    study.stop_requested = False
                    self._states[study_id] = replace(self._states[study_id], status="running")
                return
        state = self.state(study_id)
        if state.status == "done":
            raise PlaygroundError("This experiment is done.", "All its trials have ended.", "Plan a new one.")
        self._require_place(state.owner)
        # The newest of each trial: one that was stopped and begun anew has older runs as well.
        stored = reversed(self._store.runs(state.owner, study=study_id, trials=True))
        runs = {run.origin.trial: run.id for run in stored}
        trials = tuple(
            Trial(trial.number, values=trial.values)
            if trial.status == "stopped"
            else replace(trial, status="waiting" if not trial.has_ended else trial.status, run_id=_run_id(trial, runs))
            for trial in state.trials
        )
        self._activate(replace(state, status="running", trials=trials, message=""))

    def extend(self, study_id: str, seeds: tuple[int, ...]) -> None:
        """Has a comparison go on with more seeds; its trials so far stay as they are.

        Raises:
            PlaygroundError: it is under way, or no comparison; or it would be larger than this server allows.
        """
        state = self.state(study_id)
        if state.is_active or not isinstance(state.plan, SeedComparison):
            raise PlaygroundError(
                "Only a comparison over seeds that is over can get more of them.", mend="Wait until it is done."
            )
        plan = state.plan.model_copy(update={"seeds": (*state.plan.seeds, *seeds)})
        require_startable(plan)
        self._require_place(state.owner)
        added = list(enumerate(fixed_values(plan)))[len(state.trials) :]
        trials = (*state.trials, *(Trial(number, values=values) for number, values in added))
        extended = replace(state, plan=plan, trials=trials, planned=num_planned(plan), name=study_name(plan), status="stopped")
        self._publish(extended)
        self.resume(study_id)

    def state(self, study_id: str) -> StudyState:
        """A study as it stands.

        Raises:
            PlaygroundError: there is no such study, or the store cannot be read.
        """
        with self._changed:
            if study_id in self._states:
                return self._states[study_id]
        stored = self._store.study(study_id)
        if stored is None:
            raise PlaygroundError("This experiment is not on this server.", "It may have been deleted.", "Plan a new one.")
        return from_stored(stored)

    def studies(self, owner: str) -> list[StudyState]:
        """A visitor's studies, the newest first; those that cannot be read are left out."""
        found: dict[str, StudyState] = {}
        try:
            stored_studies = self._store.studies(owner)
        except PlaygroundError:
            stored_studies = []  # the page says so already
        for stored in stored_studies:
            try:
                found[stored.id] = from_stored(stored)
            except PlaygroundError:
                _log.warning("The stored study %s cannot be read.", stored.id)
        with self._changed:
            found |= {state.id: state for state in self._states.values() if state.owner == owner}
        return sorted(found.values(), key=lambda state: state.created, reverse=True)

    def delete(self, study_id: str) -> None:
        """Stops a study, and drops all that is known of it and of its trials.

        Raises:
            PlaygroundError: the store cannot be written.
        """
        with self._changed:
            study = self._active.pop(study_id, None)
            self._states.pop(study_id, None)
        if study is not None:
            study.abandon()
        self._store.delete_study(study_id)

    def close(self) -> None:
        """Stops working; studies under way can be resumed by the next server."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(10.0)

    def __enter__(self) -> StudyService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_place(self, owner: str) -> None:
        limit = settings.number("max_runs_per_visitor")
        with self._changed:
            mine = sum(study.state.owner == owner for study in self._active.values())
        if mine >= limit:
            raise PlaygroundError(
                f"You have {mine} experiments under way.",
                f"One visitor may have {limit} at a time.",
                "Stop one of them, or wait until one is done.",
            )

    # --- the thread -------------------------------------------------------------------------------------------------

    def _activate(self, state: StudyState) -> None:
        with self._changed:
            self._active[state.id] = ActiveStudy(state, self._jobs, lambda state: self._store.save_study(to_stored(state)))
            self._states[state.id] = state
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="studies", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._closed:
                    self._changed.wait(_POLL_SECONDS if self._active else None)
                if self._closed:
                    return
                studies = dict(self._active)
            used = Counter[str]()
            for study in studies.values():
                used[study.state.owner] += study.num_unfinished
            for study_id, study in studies.items():
                self._advance(study_id, study, used)

    def _advance(self, study_id: str, study: ActiveStudy, used: Counter[str]) -> None:
        owner, before = study.state.owner, study.num_unfinished
        try:
            study.advance(settings.number("max_runs_per_visitor") - used[owner])
        except Exception:
            # One study's fault must not end the others'.
            _log.exception("A study ended by a fault.")
            with contextlib.suppress(Exception):
                study.give_up("It ended by a fault of the playground; the reason stands in the server's log.")
        used[owner] += study.num_unfinished - before
        state = study.state
        with self._changed:
            if self._active.get(study_id) is not study:
                return  # deleted meanwhile
            if state.status != "running":
                del self._active[study_id]
            elif study.stop_requested:
                state = replace(state, status="stopped")
            self._states[study_id] = state
            ended = [state.id for state in self._states.values() if state.id not in self._active]
            if self._store.problem is None:
                for old in ended[: max(0, len(ended) - _MAX_ENDED_IN_MEMORY)]:
                    del self._states[old]

    def _publish(self, state: StudyState) -> None:
        self._store.save_study(to_stored(state))
        with self._changed:
            self._states[state.id] = state


def study_name(plan: SeedComparison | Search | CrossValidation) -> str:
    """A short name, such as "TPE search: Optimizer · Learning rate"."""
    if isinstance(plan, SeedComparison):
        return "A against B, one seed" if len(plan.seeds) == 1 else f"A against B, {len(plan.seeds)} seeds"
    if isinstance(plan, CrossValidation):
        return f"{plan.folds}-fold cross-validation"
    titles = [field_title(plan.run, field.path) for field in plan.fields]
    shown = ", ".join(titles if len(titles) <= 2 else [titles[0], f"{len(titles) - 1} more"])
    if plan.method == "grid" and (size := grid_size(plan)) > plan.budget:
        shown += f" ({plan.budget} of {size:,} points)"
    return f"{_METHODS[plan.method]}: {shown}"


def _stopped(trial: Trial) -> Trial:
    return trial if trial.has_ended or not trial.run_id else replace(trial, status="stopped")


def _run_id(trial: Trial, runs: dict[int | None, str]) -> str | None:
    """The run of a trial that goes on: only one that the store has kept."""
    found = runs.get(trial.number)
    return trial.run_id if trial.has_ended else found
