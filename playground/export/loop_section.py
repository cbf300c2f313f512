"""The sections that learn: the loop over epochs and batches, the final exam, and the comparison with the playground's figures."""

from __future__ import annotations

from playground.catalog.layers import Dropout
from playground.export.data_section import in_layout
from playground.export.plan import TOLERANCE, Plan
from playground.export.section import Section, block, indented
from playground.export.training_section import change_lines, changes_rate
from playground.spec import EarlyStopping

_COMPARE = """
figures = ({figures})
wrong = []
for when, numbers in EXPECTED.items():
    here = found.get(when, (math.nan,) * len(numbers))
    for figure, number, expected in zip(figures, here, numbers):
        if {differs}:
            wrong.append(f"  {{when}}, {{figure}}: {{number!r}} here, {{expected!r}} there: {{number - expected:+.2g}}")
if wrong:
    print(f"FAIL: {{len(wrong)}} numbers are not those of the playground.", *wrong, sep="\\n")
    print("{advice}"){end}
{passed}
""".strip()


def loop_section(plan: Plan) -> Section:
    """Trains `network`, and fills `found` with each epoch's figures."""
    stopping = plan.run.training.regularisation.early_stopping
    keeps_losses = bool(stopping) or plan.run.training.schedule.watches_losses
    planned = [plan.run.training.epochs, *(change.run.training.epochs for change in plan.changes)]
    epochs = "epochs" if plan.test and len(set(planned)) == 1 else str(planned[-1] if plan.test else plan.epochs)
    code = block(
        "found = {}  # the figures of each epoch, to compare at the end",
        f"losses = []  # the {'validation ' if plan.has_validation else ''}loss of each epoch" if keeps_losses else "",
        "step = 0  # batches so far" if _counts_steps(plan) else "",
        "\n",
        f"for epoch in range({epochs}):",
        indented(_epoch(plan, stopping)),
    )
    if stopping and plan.test:
        code += "\n\nnetwork.load_state_dict(best)  # the weights of the best epoch come back"
    words = (
        "The heart of it. In each epoch the network sees every training image once, in a new random order, a batch at a "
        "time: it reads the batch, the loss tells how wrong it was, `loss.backward()` finds out for each weight in which "
        "direction the loss falls, and the optimizer takes a step that way."
    )
    if plan.has_validation:
        words += " After each epoch the validation images show what it has understood."
    if plan.changes:
        words += "\n\nSome settings were changed by hand while the run went on; the loop changes them at the same batch."
    if stopping:
        words += f"\n\nWhen {stopping.patience} epochs in a row bring nothing better, it stops, and the best weights come back."
    return Section("Learning", words, code)


def _counts_steps(plan: Plan) -> bool:
    return bool(_augmented(plan) or _has_dropout(plan) or plan.changes)


def _augmented(plan: Plan) -> bool:
    return any(run.training.augmentation for run in (plan.run, *(change.run for change in plan.changes)))


def _has_dropout(plan: Plan) -> bool:
    return any(isinstance(layer, Dropout) for layer in plan.run.network.layers)


def _changes_size(plan: Plan) -> bool:
    return any(change.run.training.batch_size != plan.run.training.batch_size for change in plan.changes)


def _epoch(plan: Plan, stopping: EarlyStopping | None) -> str:
    changing, single = _changes_size(plan), plan.leaves_single_out
    skips = single and not changing
    validate = "validation_loss, validation_accuracy = evaluate(x_train[validation], y_train[validation])"
    loop = ["for start in range(0, len(order), batch_size):"]
    if changing:
        alone = " - 1" if single else ""
        loop = [
            f"while start < len(order){alone}:{'  # a last image alone teaches batch normalisation nothing' if single else ''}"
        ]
    images = "start" if changing else "len(order)"
    watched = "validation_loss" if plan.has_validation else "train_loss"
    figures = f"loss_sum / {images}, right / {images}"
    shown = 'print(f"epoch {epoch + 1}: loss {train_loss:.4f}, accuracy {train_accuracy:.2%}"'
    row = "train_loss, train_accuracy"
    if plan.has_validation:
        shown += ', end="; ")\nprint(f"validation loss {validation_loss:.4f}, accuracy {validation_accuracy:.2%}"'
        row += ", validation_loss, validation_accuracy"
    lines = [
        'order = train[torch.randperm(len(train), generator=draws_for("shuffle", epoch))]  # all, in a new order',
        "order = order[:-1]  # batch normalisation cannot learn from a last batch of one image" if skips else "",
        "network.train()  # from here on it learns; evaluate() switches this off",
        "start, loss_sum, right = 0, 0.0, 0" if changing else "loss_sum, right = 0.0, 0",
        *loop,
        indented(_batch(plan)),
        "\n",
        f"train_loss, train_accuracy = {figures}",
        validate if plan.has_validation else "",
        f'found[f"epoch {{epoch + 1}}"] = ({row})',
        f"{shown})",
    ]
    if stopping:
        lines += [
            f"if {watched} < min(losses, default=math.inf):",
            "    best = {name: tensor.clone() for name, tensor in network.state_dict().items()}",
        ]
    if stopping or plan.run.training.schedule.watches_losses:
        lines.append(f"losses.append({watched})")
    if stopping:
        lines += [
            f"if len(losses) - 1 - losses.index(min(losses)) >= {stopping.patience}:  # nothing better for so many epochs",
            "    break",
        ]
    return block(*lines)


def _batch(plan: Plan) -> str:
    size = ", ".join(str(length) for length in plan.source.input_shape)
    penalties = plan.run.training.regularisation
    rate = "learning_rate(epoch + start / len(train)" + (", losses)" if plan.run.training.schedule.watches_losses else ")")
    lines = [
        *change_lines(plan),
        "batch = order[start : start + batch_size]  # (B,)",
        "labels = y_train[batch]  # (B,)",
        *_inputs(plan, size),
        f'optimizer.param_groups[0]["lr"] = {rate}' if changes_rate(plan) else "",
        'torch.manual_seed(number_for("dropout", step))' if _has_dropout(plan) else "",
        "\n",
        f"outputs = network(inputs)  # (B, {plan.source.num_classes}): a number for each class, the largest is the answer",
        "loss = loss_of(outputs, labels)",
        "optimizer.zero_grad()",
        "loss.backward()  # in which direction does the loss fall, for each weight?",
    ]
    if penalties.l1 or penalties.l2:
        lines += ["with torch.no_grad():", "    for weight in weights:"]
        lines.append(f"        weight.grad.add_(weight, alpha=2 * {penalties.l2!r})  # L2" if penalties.l2 else "")
        lines.append(f"        weight.grad.add_(weight.sign(), alpha={penalties.l1!r})  # L1" if penalties.l1 else "")
    lines += [
        "optimizer.step()",
        "\n",
        "loss_sum += loss.item() * len(batch)",
        "right += (outputs.argmax(dim=1) == labels).sum().item()",
        "start += len(batch)" if _changes_size(plan) else "",
        "step += 1" if _counts_steps(plan) else "",
    ]
    return block(*lines)


def _inputs(plan: Plan, size: str) -> list[str]:
    """What makes `inputs` of the batch's images: changed ones are whole numbers no more, so they are scaled in two steps."""
    untouched = f"inputs = prepare(x_train[batch])  # (B, {size})"
    if not _augmented(plan):
        return [untouched]
    scaled = "(images - mean) * (1 / spread)" if plan.run.dataset.normalise else "images"
    changed = [
        'images = augment(x_train[batch].float() / 255, draws_for("augmentation", step))',
        f"inputs = {scaled}{in_layout(plan)}  # (B, {size})",
    ]
    runs = (plan.run, *(change.run for change in plan.changes))
    if all(run.training.augmentation for run in runs):
        return changed
    return ["if augment:", *(f"    {line}" for line in changed), "else:", f"    {untouched}"]


def exam_section(plan: Plan, notebook: bool) -> Section:
    """Takes the final exam and compares all figures; the script ends with 1 when one differs."""
    names = ["loss", "accuracy", *(["validation loss", "validation accuracy"] if plan.has_validation else [])]
    rows = []
    for ended in plan.expected:
        figures = [ended.train_loss, ended.train_accuracy]
        if ended.validation_loss is not None and ended.validation_accuracy is not None:
            figures += [ended.validation_loss, ended.validation_accuracy]
        rows.append(f'    "epoch {int(ended.epoch)}": ({", ".join(repr(float(figure)) for figure in figures)}),')
    if plan.test:
        rows.append(f'    "test": ({plan.test[0]!r}, {plan.test[1]!r}),')
        exam = block(
            "# The final exam: images that the network never saw, and that nothing was chosen by.",
            'found["test"] = evaluate(x_test, y_test)',
            'print("test: loss {:.4f}, accuracy {:.2%}".format(*found["test"]))',
        )
    else:
        exam = block(
            "# The run ended before its final exam, so there is no figure to compare this with.",
            'print("test: loss {:.4f}, accuracy {:.2%}".format(*evaluate(x_test, y_test)))',
        )
    expected = block(f"# What the playground found: {', '.join(names)}.", "EXPECTED = {", *rows, "}")
    words = "The test images were never looked at so far. Then every figure is compared with the playground's: " + (
        "they must be equal to the last digit." if not plan.inexact else f"they must be within {TOLERANCE}. {plan.inexact}"
    )
    return Section(
        "The final exam, and the same figures again", words, f"{exam}\n\n{expected}\n{_compare(plan, names, notebook)}"
    )


def _compare(plan: Plan, names: list[str], notebook: bool) -> str:
    figures = ", ".join(f'"{name}"' for name in names)
    if plan.inexact:
        differs = f"not abs(number - expected) <= {TOLERANCE}"
        advice = "So large a difference means that something was changed."
        passed = f"within {TOLERANCE} of the playground's. (It cannot be exact: see the top.)"
    else:
        differs = "number != expected"
        advice = "Another processor or torch rounds the last digits otherwise; more means that something was changed."
        passed = "those of the playground, to the last digit."
    passed = f'print("PASS: all numbers are {passed}")'
    end, passed = ("\nelse:", f"    {passed}") if notebook else ("\n    sys.exit(1)", passed)
    return _COMPARE.format(figures=figures, differs=differs, advice=advice, end=end, passed=passed)
