"""What the page "Points in the plane" does to its run: begin, pause, step, begin anew, change on the way, take back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.edits import with_training
from playground.errors import PlaygroundError
from playground.jobs import RunInfo
from playground.jobs.branching import Edited
from playground.jobs.protocol import Mode
from playground.spec import RunSpec
from playground.training.changes import Changes, WeightEdit, changes_between, require_weights
from playground.ui import lesson, plane_state, plane_undo, session
from playground.ui.bench import Bench

MORE_EPOCHS = 10_000
_ENDED_WELL = ("finished", "stopped")


def edit(new: RunSpec) -> None:
    """Puts a run on the workbench that one of the page's own controls edited."""
    plane_state.renew_forms()
    _edit(new)


def replace(new: RunSpec) -> None:
    """Another run as a whole, but for what a lesson about points locks."""
    edit(lesson.with_locks(new) if plane_state.is_lesson_here() else new)


def _keep(new: RunSpec) -> None:
    """What a whole form edited: the form stays as it is."""
    _edit(new)


BENCH = Bench(plane_state.run_spec, _keep, replace, plane_state.form_revision)


def _edit(new: RunSpec) -> None:
    """A running network takes up what it can; all else begins anew."""
    old, info = plane_state.run_spec(), plane_state.shown_run()
    if new == old:
        return
    running = info if info and info.is_active and plane_state.is_mine(info) else None
    changes = changes_between(running.run, new) if running else None
    goes_on = info is not None and changes_between(info.run, new) is not None
    if running and new == running.run:  # an edit of the workbench that the run never took up is taken back
        plane_state.set_run_spec(new)
    elif running and changes:
        if not _try(lambda: session.service().change(running.id, changes)):
            return
        plane_state.set_run_spec(new)
    elif (info is not None and (goes_on or new == info.run)) or (info is None and plane_undo.has_same_weights(old, new)):
        plane_state.set_run_spec(new)
    else:
        _begin_anew(new)


def reset() -> None:
    """Back to the same first weights."""
    _begin_anew(plane_state.run_spec())


def undo() -> None:
    """Takes back the last change that began anew, with what the network had learned; or the last number that was set by hand."""
    before = plane_undo.pop()
    if before is None:
        return
    if before.number is not None:
        _put_back(before.number, before.edits)
        return
    _stop()
    plane_state.set_run_spec(before.run)
    plane_state.set_run(before.run_id)
    plane_state.set_viewing(edits=before.edits)
    plane_state.renew_forms()


def start(mode: Mode = "run") -> None:
    """Begins, or goes on: to the end, or for one batch or epoch."""
    _try(lambda: _start(mode))


def pause() -> None:
    info = plane_state.shown_run()
    if info and plane_state.is_mine(info):
        session.service().pause(info.id)
        session.settle(info.id, ("waiting", "running"))


def set_speed(batches_per_second: float) -> None:
    plane_state.set_viewing(speed=batches_per_second)
    info = plane_state.shown_run()
    if info and info.is_active and plane_state.is_mine(info):
        session.service().slow_motion(info.id, batches_per_second or None)


def edit_weight(made: WeightEdit, before: float | None = None) -> None:
    """Sets one number of the network on the screen, whatever it does at the moment.

    Args:
        before: what stood there, for Undo; the same throughout one pull of a slider.
    """
    moment = plane_undo.now(None if before is None else WeightEdit(made.name, made.index, before))
    # An ended run is taken up by another one: its own moment is kept there.
    if _try(lambda: _edit_weight(made)) and moment.number and plane_undo.now().run_id == moment.run_id:
        plane_undo.push(moment)


def smaller_steps() -> None:
    """After the numbers ran away: a learning rate ten times smaller, from the first weights."""
    run = plane_state.run_spec()
    optimizer = run.training.optimizer
    calmer = optimizer.model_copy(update={"learning_rate": max(1e-5, float(f"{optimizer.learning_rate / 10:.3g}"))})
    _begin_anew(with_training(run, optimizer=calmer))
    plane_state.renew_forms()
    start()


def problem() -> str | None:
    """What went wrong with the last click, once."""
    found: str | None = st.session_state.pop("plane_problem", None)
    return found


def tell_problem(words: str) -> None:
    st.session_state["plane_problem"] = words


# --- how --------------------------------------------------------------------------------------------------------------


def _start(mode: Mode) -> None:
    run, info = plane_state.run_spec(), plane_state.shown_run()
    service, mine = session.service(), plane_state.is_mine(info)
    if info and mine and (info.is_active or info.status == "interrupted"):
        seen = session.num_events(info.id)
        {"run": service.resume, "batch": service.step_batch, "epoch": service.step_epoch}[mode](info.id)
        if mode == "run":
            session.settle(info.id, ("paused", "interrupted"), seen)
        else:
            session.settle(info.id, ("waiting", "running"), seen)
        return
    lesson.require_allowed(run)
    edits = plane_state.edits() if info is None else ()
    if info and mine and info.status in _ENDED_WELL and (going_on := _branch(info, run, mode)):
        run_id = going_on
    elif edits:
        run_id = service.submit(run, session.visitor(), "pause")
        service.change(run_id, Changes(weights=edits))
        {"run": service.resume, "batch": service.step_batch, "epoch": service.step_epoch}[mode](run_id)
    else:
        run_id = service.submit(run, session.visitor(), mode)
    _show(run_id)
    session.settle(run_id, ("waiting", "running") if mode == "batch" else ("waiting",), 1)


def _edit_weight(made: WeightEdit) -> None:
    run, info = plane_state.run_spec(), plane_state.shown_run()
    if info is None:
        require_weights(run, (made,))
        plane_state.set_edits((*plane_state.edits(), made))
    elif info.is_active and plane_state.is_mine(info):
        session.service().change(info.id, Changes(weights=(made,)))
    elif not _take_up(info, run, made):
        raise PlaygroundError(
            "This run has ended, and no state of it was kept.", "A weight can be set before and while it learns.", "Press Reset."
        )


def _take_up(info: RunInfo, run: RunSpec, made: WeightEdit) -> bool:
    """An ended run goes on as another one, paused, with the edited weight: what it had learned stays."""
    weights = session.service().weights(info.id)
    tensors = {name: tensor.clone() for name, tensor in weights.tensors.items()}
    require_weights(run, (made,))
    tensors[made.name][made.index] = made.value
    words = f"{made.name} {list(made.index)} set to {made.value:g} by hand"
    plane_undo.push(plane_undo.now())
    run_id = _branch(info, run, "pause", Edited(tensors, words, weights.step, weights.epoch))
    if run_id is None:
        plane_undo.pop()
        return False
    _show(run_id)
    return True


def _branch(info: RunInfo, run: RunSpec, mode: Mode, edited: Edited | None = None) -> str | None:
    """A run that goes on where an ended one stands; None when no state of it was kept."""
    service = session.service()
    moments = service.checkpoints(info.id)
    if not moments:
        return None
    last = service.weights(info.id)
    if edited is None and last.step > moments[-1].step:  # it learned on after what was stored last
        edited = Edited(last.tensors, "went on from the weights that it was stopped with", last.step, last.epoch)
    if run.training.epochs <= last.epoch + 1:
        run = with_training(run, epochs=min(int(last.epoch) + MORE_EPOCHS, 100_000))
        plane_state.set_run_spec(run)
        plane_state.renew_forms()
    return service.branch(info.id, moments[-1].number, run, session.visitor(), mode, edited=edited)


def _show(run_id: str) -> None:
    speed = plane_state.viewing().speed
    if speed:
        session.service().slow_motion(run_id, speed)
    plane_state.set_run(run_id)
    plane_state.set_viewing(edits=())


def _begin_anew(new: RunSpec) -> None:
    """The network stands at its first weights; a run that was going on ends."""
    if plane_state.shown_run() is not None or new != plane_state.run_spec() or plane_state.edits():
        plane_undo.push(plane_undo.now())
    _stop()
    plane_state.set_run_spec(new)
    plane_state.set_run(None)
    plane_state.set_viewing(edits=())


def _put_back(number: WeightEdit, edits: tuple[tuple[str, tuple[int, ...], float], ...]) -> None:
    """Undoes the setting of a number. Before the start, nothing of it stays."""
    if plane_state.shown_run() is None:
        plane_state.set_viewing(edits=edits)
    else:
        _try(lambda: _edit_weight(number))


def _stop() -> None:
    info = plane_state.run_info()
    if info and info.is_active and plane_state.is_mine(info):
        session.service().stop(info.id)


def _try(action: Callable[[], None]) -> bool:
    try:
        action()
        return True
    except PlaygroundError as problem:
        tell_problem(str(problem))
        return False
