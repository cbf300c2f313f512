"""The trainer: an iterator of events around one visible loop.

Pausing is not calling `next`; fairness is taking turns between trainers; stopping is dropping it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from playground.data import Dataset
from playground.data.points import FAMILIES
from playground.network import build, has_batch_norm, totals, trace
from playground.seeds import stream_seed
from playground.spec import RunSpec
from playground.training.batches import Batches
from playground.training.beginning import started
from playground.training.changes import Changes, apply_changes, set_weights
from playground.training.checkpoint import Checkpoint, Progress, copy_weights, restore_optimizer, snapshot
from playground.training.chunk import Chunk
from playground.training.diagnosis import Diverged, diagnose
from playground.training.early_stopping import best_epoch, is_best, patience_is_over
from playground.training.events import (
    BatchesEnded,
    EpochEnded,
    Event,
    LayersMeasured,
    RunFailed,
    RunFinished,
    SettingsChanged,
)
from playground.training.exam import Exam, examined, only_watched
from playground.training.fast_path import fast_path
from playground.training.freezing import freeze
from playground.training.last_good import LastGood
from playground.training.pace import Pace
from playground.training.penalties import add_penalties
from playground.training.probe import Probe
from playground.training.rate import ScheduledRate
from playground.training.runtime import Runtime, choose_runtime
from playground.training.samples import SampleImages
from playground.training.telling import Untold


class Trainer:
    """Trains one run; `for event in Trainer(run, data): print(event)`.

    Args:
        run: what to train; `playground.checks.check` must have found no error in it.
        data: the images, rows or points.
        runtime: device, threads and memory format; the fastest here when not given.
        checkpoint: where to go on; the beginning when not given.
        probe: whether to look under the hood now and then; it changes no bit of what is learned.

    Between two events the trainer may be given changes (`change`), asked for a `checkpoint`, or left alone for good.
    """

    def __init__(
        self,
        run: RunSpec,
        data: Dataset,
        *,
        runtime: Runtime | None = None,
        checkpoint: Checkpoint | None = None,
        probe: bool = True,
    ) -> None:
        self.run = run
        self.data = data
        self.runtime = runtime or choose_runtime(run, data.input_shape)
        self.batches = Batches(run.dataset, data, run.seed, self.runtime)
        self.network = build(run.network, data.input_shape, run.seed)
        self.progress = Progress()
        self.batch_limit: int | None = None  # at most so many batches until the next event
        self.tells_all = False  # every epoch, however short
        self._untold = Untold()
        self._rate = ScheduledRate()
        self._watches_test = data.name in (family.name for family in FAMILIES)
        self._best: dict[str, Tensor] = {}
        if checkpoint:
            self.network.load_state_dict(checkpoint.weights)
            self.progress = Progress(**checkpoint.progress)
            self._best = dict(checkpoint.best)
        freeze(self.network, run.training.frozen_layers)
        self.progress.train_size = len(self.batches.train)
        self.network.to(device=self.runtime.device, memory_format=self.runtime.memory_format)  # type: ignore[call-overload]
        self.optimizer = run.training.optimizer.build(self.network.parameters())
        if checkpoint:
            restore_optimizer(self.optimizer, checkpoint, run.training.optimizer)
        self._samples = SampleImages(data, self.batches)
        self._cost = totals(run, trace(run.network, data.input_shape))
        self._forward = fast_path(self.network)
        self._last_good = LastGood(self.network)
        self._probe = Probe(run.network, self.network) if probe else None
        self._parameters = list(self.network.parameters())
        self._penalised = [module.weight for module in self.network if isinstance(module, torch.nn.Linear | torch.nn.Conv2d)]
        self._has_dropout = any(isinstance(module, torch.nn.Dropout) for module in self.network)
        self._skips_single = has_batch_norm(run.network)
        self._turn_began = time.perf_counter()
        self._events = self._learn()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        self.runtime.prepare()
        self._turn_began = time.perf_counter()
        try:
            return next(self._events)
        finally:
            self.progress.seconds = self._elapsed()

    def checkpoint(self) -> Checkpoint:
        """The run as it is now, between two events."""
        return snapshot(self.run.to_json(), self.progress, self.network, self.optimizer, self._best)

    def weights(self) -> dict[str, Tensor]:
        """A copy of the network's state as it is now, on the CPU."""
        return copy_weights(self.network)

    def change(self, changes: Changes) -> SettingsChanged:
        """Changes settings from the next batch on.

        Raises:
            PlaygroundError: a setting that cannot change while a run goes on.
        """
        run, text = apply_changes(self.run, changes)
        set_weights(self.network, changes.weights)
        self.run = run
        self.run.training.optimizer.apply_to(self.optimizer)
        by_hand = bool(changes.weights)
        return SettingsChanged(self.progress.step, self._epochs_done(), text, self.run.to_json(), by_hand)

    def _learn(self) -> Iterator[Event]:
        """All of a run; one whose numbers run away ends with a diagnosis and the last good weights."""
        try:
            yield from self._train()
        except Diverged as trouble:
            yield from self._untold.take(thin=True)
            self._last_good.restore()
            problem = diagnose(self.run, str(trouble), self.progress.learning_rate)
            yield RunFailed(self.progress.step, problem.what, problem.expected, problem.mend)

    def _train(self) -> Iterator[Event]:
        """Epochs, their validation, early stopping, and the test set once, at the end."""
        yield started(self.run, self.runtime, self._cost.num_parameters, self.batches, self._samples)
        stopped_early = self._patience_is_over()  # a checkpoint may stand right behind the last epoch
        while self.progress.epoch < self.run.training.epochs and not stopped_early:
            order = self.batches.order(self.progress.epoch)
            while self.progress.offset < self._epoch_end(order):
                chunk, measured, trouble = self._learn_from_chunk(order)
                self._untold.add(chunk)
                samples_due = self._samples_are_due(len(chunk.losses))
                if self._is_told() or measured or trouble or samples_due:
                    yield from self._untold.take(thin=self._epochs_between_tellings() > 1)
                if measured and measured.step <= self.progress.step:
                    yield measured
                if trouble:
                    raise Diverged(trouble)
                if samples_due:
                    yield self._samples.read(self.network, self.run.training.loss, self.progress.step, self.runtime.device)
            is_told = self._is_told()
            ended, watched = yield from self._epoch_figures(self.progress.offset, is_told)
            stopped_early = self._patience_is_over(watched)
            is_told |= stopped_early
            if is_told:  # the epoch is not counted yet, so that a checkpoint taken here does not lose it
                yield from self._untold.take(thin=True)
            self._count_epoch(ended, watched)
            if is_told:
                yield ended
        done, restored = self.progress, self._restore_best()
        test = yield from self._evaluate("test")
        kept = done.kept if restored else None
        yield RunFinished(done.step, done.epoch, test.loss, test.accuracy, stopped_early, restored, self._elapsed(), kept)

    def _learn_from_chunk(self, order: Tensor) -> tuple[BatchesEnded, LayersMeasured | None, str]:
        """Some batches, and their losses in one reading: asking for a number makes the device wait.

        Returns:
            The batches up to the first whose loss is no number; what the probe saw in one of them, if it was due; and what
            went wrong, "" when all is well.
        """
        training, progress, pace = self.run.training, self.progress, self._pace()
        chunk, measured = Chunk(training.loss, self.batches.target_variance), None
        self._last_good.keep()
        probed = progress.step if self.batch_limit else pace.next_measure(progress.step, progress.train_size, training.epochs)
        end = min(self._epoch_end(order), progress.offset + pace.chunk_batches(self.batch_limit) * training.batch_size)
        indices = order[progress.offset : end]
        for inputs, labels in self.batches.training_batches(indices, training.batch_size, training.augmentation, progress.step):
            if self._has_dropout:
                torch.default_generator.manual_seed(stream_seed(self.run.seed, "dropout", progress.step))
            self._set_learning_rate()
            probe = self._probe if progress.step == probed else None

            for parameter in self._parameters:
                parameter.grad = None
            outputs = probe.forward(inputs) if probe else self._forward(inputs)
            loss = training.loss.compute(outputs, labels)
            loss.backward()
            if probe:
                probe.gradients()
            add_penalties(self._penalised, training.regularisation)
            self.optimizer.step()

            chunk.add(loss, outputs, labels)
            progress.step += 1
            progress.offset += len(labels)
            progress.images += len(labels)
            if probe:
                measured = probe.stepped(progress.step, self._epochs_done(), progress.learning_rate)
        figures = chunk.read(progress)
        trouble = figures.trouble
        if not trouble and not self._last_good.weights_are_finite():
            trouble = f"The weights became infinite in the step of batch {progress.step}, in epoch {progress.epoch + 1}"
        now, rate, seconds = self._epochs_done(), progress.learning_rate, self._elapsed()
        ended = BatchesEnded(progress.step, now, figures.losses, figures.accuracies, rate, progress.images, seconds)
        return ended, measured() if measured else None, trouble

    def _set_learning_rate(self) -> None:
        training, losses = self.run.training, self.progress.losses
        factor = self._rate.factor(training.schedule, self._epochs_done(), training.epochs, losses)
        rate = training.optimizer.learning_rate * factor
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.progress.learning_rate = rate

    def _epoch_figures(self, examples: int, is_told: bool) -> Generator[Event, None, tuple[EpochEnded, float]]:
        """Validates; returns the epoch's event, and the loss that decides which epoch is the best."""
        progress = self.progress
        validation = (yield from self._evaluate("validation", is_told)) if len(self.batches.validation) else None
        watched = validation.loss if validation else progress.loss_sum / examples
        shows_test = self._watches_test and (is_told or self._patience_is_over(watched))
        watched_test = (yield from only_watched(self._evaluate("test", False))) if shows_test else None
        ended = EpochEnded(
            progress.epoch + 1,
            progress.step,
            progress.loss_sum / examples,
            progress.right_sum / examples,
            validation.loss if validation else None,
            validation.accuracy if validation else None,
            progress.learning_rate,
            self._elapsed(),
            watched_test.loss if watched_test else None,
            watched_test.accuracy if watched_test else None,
        )
        return ended, watched

    def _count_epoch(self, ended: EpochEnded, watched: float) -> None:
        """Keeps what early stopping may put back, and makes ready for the next epoch."""
        progress = self.progress
        if self.run.training.regularisation.early_stopping and is_best(progress, watched):
            self._best, progress.kept = copy_weights(self.network), ended
        progress.losses.append(watched)
        progress.epoch += 1
        progress.offset, progress.loss_sum, progress.right_sum = 0, 0.0, 0.0

    def _evaluate(self, split: str, tells: bool = True) -> Exam:
        return examined(self.network, self.batches, split, self.run.training.loss, self._pace().evaluation_images, tells)

    def _epoch_end(self, order: Tensor) -> int:
        """Where the epoch ends. Batch normalisation cannot work on a last batch of one image, which is then left out."""
        left = len(order) - self.progress.offset
        batch_size = self.run.training.batch_size
        return len(order) - 1 if self._skips_single and left % batch_size == 1 < batch_size else len(order)

    def _is_told(self) -> bool:
        """Of the present epoch. Asked late: one batch or one epoch may be wanted in the middle of one."""
        number = self.progress.epoch + 1
        return number % self._epochs_between_tellings() == 0 or number in (1, self.run.training.epochs)

    def _epochs_between_tellings(self) -> int:
        tells_all = self.tells_all or self.batch_limit or self.data.is_images
        return 1 if tells_all else self._pace().epochs_between_tellings(self.progress.train_size, self.run.training.epochs)

    def _samples_are_due(self, batches: int) -> bool:
        """A single batch is always followed by a reading, which is its last event; of what is no image there is none to show."""
        if self.batch_limit:
            return True
        return len(self._samples.indices) > 0 and self._pace().samples_due(self.progress.step, batches)

    def _pace(self) -> Pace:
        return Pace(self._cost.multiply_adds, self.run.training.batch_size)

    def _elapsed(self) -> float:
        """Seconds spent in this trainer's own turns."""
        return self.progress.seconds + time.perf_counter() - self._turn_began

    def _epochs_done(self) -> float:
        return self.progress.epoch + self.progress.offset / max(1, self.progress.train_size)

    def _patience_is_over(self, *more: float) -> bool:
        return patience_is_over(self.progress, self.run.training.regularisation.early_stopping, *more)

    def _restore_best(self) -> int | None:
        if not self._best:
            return None
        self.network.load_state_dict(self._best)
        return best_epoch(self.progress)
