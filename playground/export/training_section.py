"""The sections about learning: the loss, the optimizer with its schedule, and how good a network is."""

from __future__ import annotations

import ast
import re

from playground.export.network_section import augmentation_versions
from playground.export.plan import Change, Plan
from playground.export.section import Section, block, plain
from playground.export.split_section import prepared

MOST_CHARACTERS = 120  # of a line

_EVALUATE = '''
def evaluate({examples}, labels):
    """Loss and accuracy (the share {told} right) on many {examples} at once; nothing is learned from them."""
    network.eval()
    with torch.inference_mode():
        # In slices, to save memory. Their size decides the last digits, so it is the playground's.
        outputs = torch.cat([network({part}) for part in {examples}.split({size})])
        right = ({answer} == labels).sum().item()
        return loss_of(outputs, labels).item(), right / len(labels)
'''.strip()

_EVALUATE_NUMBERS = '''
def evaluate({examples}, targets):
    """Loss and R² on many {examples} at once; nothing is learned from them.

    R² is 1 when all is told exactly, and 0 when it is told no better than by always saying the mean.
    """
    network.eval()
    with torch.inference_mode():
        # In slices, to save memory. Their size decides the last digits, so it is the playground's.
        outputs = torch.cat([network({part}) for part in {examples}.split({size})])
        loss = loss_of(outputs, targets).item()
        outputs, targets = outputs.double(), targets.double()
        errors = (outputs - targets).square().sum().item()
        total = (targets - targets.mean(dim=0)).square().sum().item()
        return loss, 1 - errors / total if total > 0 else float(errors == 0)
'''.strip()


def steps_section(plan: Plan) -> Section:
    """Defines `loss_of`, `optimizer`, perhaps `learning_rate`, and `evaluate`."""
    training = plan.run.training
    loss, optimizer, schedule = training.loss, training.optimizer, training.schedule
    words = plan.words
    source = re.sub(r"\blabels\b", words.truth, loss.pytorch_source(words.task))
    truth = "F.one_hot(labels, num_classes).float()"
    classes = str(plan.source.num_classes)
    body = [f"    return {source.replace(truth, 'truth').replace('num_classes', classes)}"]
    if truth in source:
        comment = f"(B, {classes}): 1 for the right class, 0 for the others"
        body.insert(0, f"    truth = {truth.replace('num_classes', classes)}  # {comment}")
    parts = [
        block(f"def loss_of(outputs, {words.truth}):", *_docstring(loss.title, loss.help), *body),
        block(f"# {optimizer.title}. {optimizer.help}", f"optimizer = {optimizer.pytorch_source()}"),
    ]
    told = (
        f"The loss is one number that tells how wrong the network is. **{loss.title}**: {loss.help} Learning is making it "
        "smaller: each weight takes a small step in the direction in which the loss falls.\n\n"
        f"**{optimizer.title}** takes these steps. {optimizer.help}"
    )
    if changes_rate(plan):
        parts += [part for part in (schedule.pytorch_helper().strip(), _schedule(plan)) if part]
        told += f"\n\nThe step size (learning rate) changes on the way. **{schedule.title}**: {schedule.help}"
    if plan.penalties:
        parts.append(
            "# Large weights are pulled back a little at each step; biases are left alone.\n"
            "weights = [layer.weight for layer in network if isinstance(layer, (nn.Linear, nn.Conv2d))]"
        )
        told += "\n\nLarge weights are pulled back a little at each step, which keeps the network simple."
    evaluate = _EVALUATE_NUMBERS if words.is_regression else _EVALUATE
    part, answer = prepared(plan, "part"), answer_source(plan)
    parts.append(evaluate.format(examples=words.examples, part=part, size=plan.slice_size, answer=answer, told=words.told))
    return Section("How it learns", told, _spaced(parts))


def _docstring(title: str, help_: str) -> list[str]:
    """One line, or more where it would be too long."""
    line = f'    """{title}. {help_}"""'
    return [line] if len(line) <= MOST_CHARACTERS else [f'    """{title}.', "\n", f"    {help_}", '    """']


def answer_source(plan: Plan) -> str:
    """An expression of `outputs` for the class that the network says."""
    return "(outputs[:, 0] > 0)" if plan.words.outputs == 1 else "outputs.argmax(dim=1)"


def changes_rate(plan: Plan) -> bool:
    """Whether the learning rate follows a schedule."""
    return plan.run.training.schedule.kind != "constant"  # type: ignore[attr-defined]


def _schedule(plan: Plan) -> str:
    """The function that gives the learning rate; the branches of an expression become `if` and `return`."""
    schedule = plan.run.training.schedule
    text = schedule.pytorch_source()
    progress = "epoch / epochs" in text
    text = text.replace("epoch / epochs", "progress")
    lines = [
        f"base_rate = {plan.run.training.optimizer.learning_rate!r}",
        "\n",
        "\n",
        f"def learning_rate(epoch{', losses' if schedule.watches_losses else ''}):",
        f'    """{schedule.title}. {schedule.help}"""',
        "    # epoch: how many are done, with a fraction",
        "    progress = epoch / epochs  # from 0 to 1" if progress else "",
    ]
    parsed = ast.parse(text, mode="eval").body
    if isinstance(parsed, ast.IfExp):
        condition, first, second = (ast.get_source_segment(text, part) for part in (parsed.test, parsed.body, parsed.orelse))
        lines += [f"    if {condition}:", f"        return base_rate * ({first})", f"    return base_rate * ({second})"]
    else:
        lines.append(f"    return base_rate * {_in_brackets(text)}")
    return block(*lines).replace(" * (1.0)", "")


def _in_brackets(text: str) -> str:
    return text if isinstance(ast.parse(text, mode="eval").body, ast.Call) else f"({text})"


def _spaced(parts: list[str]) -> str:
    """Two empty lines around functions, one between statements."""
    text = parts[0]
    for before, after in zip(parts, parts[1:], strict=False):
        is_function = before.startswith("def") or after.startswith("def") or "\ndef" in before
        text += ("\n\n\n" if is_function else "\n\n") + after
    return text


def change_lines(plan: Plan) -> list[str]:
    """What the learner changed on the way, at the beginning of a batch."""
    lines = []
    before = plan.run
    versions = augmentation_versions(plan)
    for change in plan.changes:
        statements = _statements(plan, Change(change.step, before, ""), change, versions[change.run.training.augmentation])
        if statements:
            lines += [f"if step == {change.step}:  # {plain(change.words)}", *(f"    {line}" for line in statements)]
        before = change.run
    return lines


def _statements(plan: Plan, before: Change, after: Change, augment: str) -> list[str]:
    old, new = before.run.training, after.run.training
    lines = []
    if type(new.optimizer) is not type(old.optimizer):
        lines.append(f"optimizer = {new.optimizer.pytorch_source()}")
    else:
        lines += new.optimizer.pytorch_change(old.optimizer)
    if changes_rate(plan) and new.optimizer.learning_rate != old.optimizer.learning_rate:
        lines.append(f"base_rate = {new.optimizer.learning_rate!r}")
    if new.batch_size != old.batch_size:
        lines.append(f"batch_size = {new.batch_size}")
    for name in ("l1", "l2"):
        if getattr(new.regularisation, name) != getattr(old.regularisation, name):
            lines.append(f"{name} = {getattr(new.regularisation, name)!r}")
    if new.augmentation != old.augmentation:
        lines.append(f"augment = {augment}")
    if new.epochs != old.epochs and "epochs" in plan.run.training.schedule.pytorch_source():
        lines.append(f"epochs = {new.epochs}")
    return lines
