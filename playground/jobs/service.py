"""The job service: one a server. Workers train and do other long work; this is what pages talk to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from types import TracebackType

from playground import settings
from playground.checks import require_trainable
from playground.errors import PlaygroundError
from playground.jobs.branching import Edited, branched
from playground.jobs.dispatcher import Dispatcher
from playground.jobs.kept_runs import KeptRuns
from playground.jobs.limits import check_limits, num_cores
from playground.jobs.protocol import AskWeights, ChangeSettings, Mode, SetMode, SetSpeed
from playground.jobs.run_info import RunInfo, Weights
from playground.jobs.runs import RunRecord
from playground.jobs.task_service import TaskService
from playground.spec import RunSpec
from playground.store.store import Store
from playground.store.values import CheckpointInfo, Origin
from playground.training.changes import Changes, apply_changes, require_weights
from playground.training.checkpoint import position
from playground.training.events import Event

WEIGHTS_AGE = 0.3  # seconds


class JobService(TaskService):
    """Trains runs in processes of their own. Any thread may call any method, and none but `weights` waits.

    Every method that takes the id of a run or task raises a PlaygroundError when this server does not know it.

    Args:
        workers: training processes; the setting `workers` when None.
        threads: of each process; the setting `threads` when None.
        task_packages: the packages whose functions may be run as tasks.
        store: where runs are kept; without it, they are forgotten when the server ends.

    Attributes:
        kept: the runs that are stored, and what their owner may do with them.
    """

    def __init__(
        self,
        workers: int | None = None,
        threads: int | None = None,
        task_packages: tuple[str, ...] = ("playground",),
        store: Store | None = None,
    ) -> None:
        settings.check()
        cores = num_cores()
        num_workers = workers or settings.number("workers") or max(1, cores // 2)
        num_threads = threads or settings.number("threads") or max(1, cores // num_workers)
        super().__init__(Dispatcher(num_workers, num_threads, task_packages), task_packages)
        self._runs = self._dispatcher.runs
        self._numbers: dict[str, int] = {}
        self._counted: set[str] = set()  # those whose stored runs are counted in
        self._store = store
        self.kept = KeptRuns(self._dispatcher, store)
        self._started = False

    # --- the service itself -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the workers and returns at once; they are ready after about two seconds."""
        with self._lock:
            if not self._started:
                self._started = True
                for place in self._dispatcher.places:
                    place.start()

    def close(self) -> None:
        """Ends the workers, and with them all that is unfinished."""
        for place in self._dispatcher.places:
            place.close()
        for place in self._dispatcher.places:
            place.join()

    def __enter__(self) -> JobService:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def warm(self, dataset: str) -> None:
        """Has every worker load a data set now, so that a run on it begins at once."""
        with self._lock:
            self._dispatcher.warm(dataset)

    def worker_pids(self) -> tuple[int | None, ...]:
        """The process of each worker; None while it is being replaced."""
        return tuple(place.pid for place in self._dispatcher.places)

    # --- runs -------------------------------------------------------------------------------------------------------

    def submit(self, run: RunSpec, owner: str, mode: Mode = "run", origin: Origin | None = None) -> str:
        """Has a run trained for a visitor; returns its id, which cannot be guessed.

        Args:
            mode: "run" to the end, or "batch" or "epoch" to pause after the first one.
            origin: the experiment that it is a trial of, or the run that it is compared with.

        Raises:
            PlaygroundError: the run cannot be trained, or the visitor, or the server, has as many unfinished runs as
                are allowed.
        """
        return self._begin(run, owner, mode, origin or Origin(), (), None)

    def branch(
        self,
        run_id: str,
        checkpoint: int,
        run: RunSpec,
        owner: str,
        mode: Mode = "run",
        forecast: str | None = None,
        edited: Edited | None = None,
    ) -> str:
        """Has a new run go on from a checkpoint of another, with other settings; returns its id.

        Args:
            checkpoint: its number, as in `checkpoints`.
            run: with the same layers; its `epochs` count from the other run's beginning.
            forecast: as in `Origin`.
            edited: weights to take instead of the checkpoint's.

        Raises:
            PlaygroundError: as `submit`; or the checkpoint is gone, or does not fit the settings.
        """
        require_trainable(run)
        events = self.events_since(run_id, 0)[0]
        content, before = branched(self.kept.checkpoint_data(run_id, checkpoint), run, events, edited)
        origin = Origin(parent=run_id, parent_step=position(content)["step"], forecast=forecast)
        return self._begin(run, owner, mode, origin, before, content)

    def _begin(
        self, run: RunSpec, owner: str, mode: Mode, origin: Origin, prefix: Sequence[Event], checkpoint: bytes | None
    ) -> str:
        plan = require_trainable(run)
        stored = 0 if owner in self._counted else self.kept.last_number(owner)
        with self._lock:
            check_limits(self._runs.values(), owner, is_trial=origin.study is not None)
            self._dispatcher.require_place()
            if stored is not None:
                self._counted.add(owner)
            number = max(self._numbers.get(owner, 0), stored or 0) + 1
            record = RunRecord(secrets.token_hex(10), owner, run, plan.totals.memory_bytes, self._store, origin)
            record.mode = mode
            record.enter(number, prefix, checkpoint)
            self._dispatcher.add(record)
            self._numbers[owner] = number
            return record.id

    def pause(self, run_id: str) -> None:
        """Lets a run wait after the batches that it is at."""
        self._set_mode(run_id, "pause")

    def resume(self, run_id: str) -> None:
        """Lets a paused run go on, and one that was interrupted by the server's end.

        Raises:
            PlaygroundError: of an interrupted run, as `submit`; or it is in the bin, or its data set is not here any more.
        """
        record = self.kept.recall(run_id)
        if record.status == "interrupted":
            self.kept.require_resumable(record)
        with self._lock:
            record = self._dispatcher.keep(record)
            if record.status == "interrupted":
                check_limits(self._runs.values(), record.owner, is_trial=record.origin.study is not None)
                self._dispatcher.require_place()
                record.go_on()
                self._dispatcher.add(record)
                return
        self._set_mode(run_id, "run")

    def step_batch(self, run_id: str) -> None:
        """Has exactly one more batch learned from; then the run is paused."""
        self._set_mode(run_id, "batch")

    def step_epoch(self, run_id: str) -> None:
        """Has the run go on to the end of the present epoch; then it is paused."""
        self._set_mode(run_id, "epoch")

    def stop(self, run_id: str) -> None:
        """Ends a run; its weights stay as they are."""
        self._set_mode(run_id, "stop")

    def slow_motion(self, run_id: str, batches_per_second: float | None) -> None:
        """Slows a run down to so many batches a second; None for full speed."""
        record = self.kept.recall(run_id)
        with self._lock:
            speed = batches_per_second if batches_per_second and batches_per_second > 0 else None
            record.batches_per_second = speed
            self._dispatcher.send(run_id, SetSpeed(run_id, speed))

    def change(self, run_id: str, changes: Changes) -> None:
        """Changes settings of an unfinished run from its next batch on.

        Raises:
            PlaygroundError: the run has ended, or a setting cannot take that value; nothing is changed then.
        """
        record = self.kept.recall(run_id)
        with self._lock:
            if not record.is_active:
                mend = "Continue it first." if record.status == "interrupted" else "Train again with them."
                raise PlaygroundError("This run has ended.", "Settings can be changed while a run goes on.", mend)
            require_weights(record.run, changes.weights)
            changed, _ = apply_changes(record.run, changes)
            if changed != record.run or changes.weights:
                record.change(changed, changes)
                self._dispatcher.send(run_id, ChangeSettings(run_id, changes))

    def events_since(self, run_id: str, cursor: int) -> tuple[list[Event], int]:
        """The events from number `cursor` on, in order, and the next cursor. Begin with 0."""
        record = self.kept.recall(run_id)
        with self._lock:
            return record.events[max(0, cursor) :], len(record.events)

    def info(self, run_id: str) -> RunInfo:
        """A run as it stands; one that is only stored, as it stood."""
        with self._lock:
            record = self._runs.get(run_id)
            if record is not None:
                return self._info(record)
        return self.kept.info(run_id)

    def runs(self, owner: str, limit: int = 50) -> list[RunInfo]:
        """A visitor's runs, the newest first; at most so many that have ended, and no trials of experiments."""
        with self._lock:
            mine = [self._info(record) for record in self._runs.values() if record.owner == owner and not record.origin.study]
        infos = {info.id: info for info in [*self.kept.infos(owner, limit), *mine] if not self.kept.is_deleted(info.id)}
        found = sorted(infos.values(), key=lambda info: info.created, reverse=True)
        ended = {info.id for info in [info for info in found if not info.is_active][limit:]}
        return [info for info in found if info.id not in ended]

    def checkpoints(self, run_id: str) -> list[CheckpointInfo]:
        """The moments of a run that can be looked at again, the oldest first."""
        return self.kept.checkpoints(run_id)

    def forget(self, run_id: str) -> None:
        """Ends a run if need be, and drops all that is known of it."""
        self.kept.forget(run_id)
        with self._lock:
            self._dispatcher.send(run_id, SetMode(run_id, "stop"))
            self._runs.pop(run_id, None)
            self._dispatcher.release(run_id)

    def weights(self, run_id: str, timeout: float = 1.0, checkpoint: int | None = None, age: float = WEIGHTS_AGE) -> Weights:
        """The weights of a run: the present ones, at most `age` seconds old, or the last checkpoint's when the worker does not
        answer within `timeout` seconds; of an ended run the final ones. Many askers share one copy.

        Args:
            checkpoint: the number of a moment in `checkpoints`: the weights as they were then.

        Raises:
            PlaygroundError: the run has no weights, because it has not begun; or no such checkpoint.
        """
        if checkpoint is not None:
            return self.kept.weights_at(run_id, checkpoint)
        end = time.monotonic() + timeout
        record = self.kept.recall(run_id)
        with self._lock:
            answers = record.answers
            while (weights := record.fresh_weights(age)) is None:
                if not record.is_active or record.answers != answers:
                    break
                if not self._dispatcher.ask(run_id, AskWeights(run_id)):
                    break
                if not self._lock.wait(max(0.0, end - time.monotonic())):
                    break
            weights = weights or record.last_weights()
            is_active = record.is_active
        if weights is None:
            raise PlaygroundError(
                "This run has not begun to learn." if is_active else "This run ended before it began to learn.",
                "Its network has no weights yet.",
                "Wait a moment." if is_active else "Train again.",
            )
        return weights

    # --- small decisions --------------------------------------------------------------------------------------------

    def _set_mode(self, run_id: str, mode: Mode) -> None:
        record = self.kept.recall(run_id)
        with self._lock:
            if not record.is_active and (record.status, mode) != ("interrupted", "stop"):
                return  # the click came too late, and the page will show the end
            record.mode = mode
            if not self._dispatcher.send(run_id, SetMode(run_id, mode)) and mode == "stop":
                record.stop_here()
                self._dispatcher.release(run_id)

    def _info(self, record: RunRecord) -> RunInfo:
        waiting = [other.id for other in self._runs.values() if other.status == "waiting"]
        return record.info(waiting.index(record.id) + 1 if record.id in waiting else None)
