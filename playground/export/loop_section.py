"""The section that learns: the loop over epochs and batches."""

from __future__ import annotations

from playground.catalog.layers import Dropout
from playground.export.plan import Plan
from playground.export.section import Section, block, indented, plain
from playground.export.split_section import in_layout, prepared
from playground.export.training_section import answer_source, change_lines, changes_rate
from playground.spec import EarlyStopping


def loop_section(plan: Plan) -> Section:
    """Trains `network`, and fills `found` with each epoch's figures."""
    stopping = plan.run.training.regularisation.early_stopping
    keeps_losses = bool(stopping) or plan.run.training.schedule.watches_losses
    planned = [plan.run.training.epochs, *(change.run.training.epochs for change in plan.changes)]
    epochs = "epochs" if plan.test and len(set(planned)) == 1 else str(planned[-1] if plan.test else plan.epochs)
    penalties, changing = plan.run.training.regularisation, _changes_penalties(plan)
    code = block(
        "found = {}  # the figures of each epoch, to compare at the end",
        f"losses = []  # the {'validation ' if plan.has_validation else ''}loss of each epoch" if keeps_losses else "",
        "step = 0  # batches so far" if _counts_steps(plan) else "",
        f"l1, l2 = {penalties.l1!r}, {penalties.l2!r}  # how strongly large weights are pulled back" if changing else "",
        "\n",
        f"for epoch in range({epochs}):",
        indented(_epoch(plan, stopping)),
    )
    if stopping and plan.test:
        code += "\n\nnetwork.load_state_dict(best)  # the weights of the best epoch come back"
    noun = plan.words.example
    words = (
        f"The heart of it. In each epoch the network sees every training {noun} once, in a new random order, a batch at a "
        "time: it reads the batch, the loss tells how wrong it was, `loss.backward()` finds out for each weight in which "
        "direction the loss falls, and the optimizer takes a step that way."
    )
    if plan.has_validation:
        words += f" After each epoch the validation {plan.words.examples} show what it has understood."
    if plan.changes:
        words += "\n\nSome settings were changed by hand while the run went on; the loop changes them at the same batch."
    if stopping:
        words += f"\n\nWhen {stopping.patience} epochs in a row bring nothing better, it stops, and the best weights come back."
    return Section("Learning", words, code)


def _counts_steps(plan: Plan) -> bool:
    return bool(_augmented(plan) or _has_dropout(plan) or plan.changes)


def _augmented(plan: Plan) -> bool:
    return any(run.training.augmentation for run in plan.phases)


def _has_dropout(plan: Plan) -> bool:
    return any(isinstance(layer, Dropout) for layer in plan.run.network.layers)


def _changes_size(plan: Plan) -> bool:
    return len({run.training.batch_size for run in plan.phases}) > 1


def _changes_penalties(plan: Plan) -> bool:
    return len({(run.training.regularisation.l1, run.training.regularisation.l2) for run in plan.phases}) > 1


def _print_every(plan: Plan) -> int:
    """1 for up to a hundred epochs; of more, 10 to 100 are printed."""
    return int(10 ** max(0, len(str(plan.epochs - 1)) - 2))


def _epoch(plan: Plan, stopping: EarlyStopping | None) -> str:
    changing, single, words = _changes_size(plan), plan.leaves_single_out, plan.words
    skips = single and not changing
    score, as_shown = words.score_name, words.score_format
    loop = ["for start in range(0, len(order), batch_size):"]
    if changing:
        alone = " - 1" if single else ""
        why = f"  # a last {words.example} alone teaches batch normalisation nothing" if single else ""
        loop = [f"while start < len(order){alone}:{why}"]
    examples = "start" if changing else "len(order)"
    watched = "validation_loss" if plan.has_validation else "train_loss"
    sums = f"loss_sum / {examples}, {'score' if words.is_regression else 'right'} / {examples}"
    shown = f'print(f"epoch {{epoch + 1}}: loss {{train_loss:.4f}}, {words.score} {{train_{score}:{as_shown}}}"'
    row, measured = [f"train_loss, train_{score}"], []
    splits = {
        "validation": "x_train[validation], y_train[validation]" if plan.has_validation else "",
        "test": "x_test, y_test" if plan.watches_test else "",
    }
    for split, examples_of in splits.items():
        if examples_of:
            measured.append(f"{split}_loss, {split}_{score} = evaluate({examples_of})")
            shown += f', end="; ")\nprint(f"{split} loss {{{split}_loss:.4f}}, {words.score} {{{split}_{score}:{as_shown}}}"'
            row.append(f"{split}_loss, {split}_{score}")
    every = _print_every(plan)
    printed = [f"{shown})"] if every == 1 else [f"if (epoch + 1) % {every} == 0:", indented(f"{shown})")]
    lines = [
        'order = train[torch.randperm(len(train), generator=draws_for("shuffle", epoch))]  # all, in a new order',
        f"order = order[:-1]  # batch normalisation cannot learn from a last batch of one {words.example}" if skips else "",
        "network.train()  # from here on it learns; evaluate() switches this off",
        f"{'start, ' if changing else ''}loss_sum, {'score' if words.is_regression else 'right'} = "
        f"{'0, ' if changing else ''}0.0, {'0.0' if words.is_regression else '0'}",
        *loop,
        indented(_batch(plan)),
        "\n",
        f"train_loss, train_{score} = {sums}",
        *measured,
        f'found[f"epoch {{epoch + 1}}"] = ({", ".join(row)})' if len(row) < 3 else "",
        block('found[f"epoch {epoch + 1}"] = (', *(f"    {part}," for part in row), ")") if len(row) == 3 else "",
        *printed,
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
    words = plan.words
    rate = "learning_rate(epoch + start / len(train)" + (", losses)" if plan.run.training.schedule.watches_losses else ")")
    lines = [
        *change_lines(plan),
        "batch = order[start : start + batch_size]  # (B,)",
        f"{words.truth} = y_train[batch]  # {'(B, 1)' if words.is_regression else '(B,)'}",
        *_inputs(plan, size),
        f'optimizer.param_groups[0]["lr"] = {rate}' if changes_rate(plan) else "",
        'torch.manual_seed(number_for("dropout", step))' if _has_dropout(plan) else "",
        "\n",
        f"outputs = network(inputs)  # (B, {words.outputs}): {_meaning(plan)}",
        f"loss = loss_of(outputs, {words.truth})",
        "optimizer.zero_grad()",
        "loss.backward()  # in which direction does the loss fall, for each weight?",
    ]
    lines += _pull_back(plan)
    lines += [
        "optimizer.step()",
        "\n",
        "loss_sum += loss.item() * len(batch)",
        _score(plan),
        "start += len(batch)" if _changes_size(plan) else "",
        "step += 1" if _counts_steps(plan) else "",
    ]
    return block(*lines)


def _meaning(plan: Plan) -> str:
    """What the outputs say."""
    if plan.words.is_regression:
        return "the number that it tells" + (", in the scaled unit of the targets" if plan.run.dataset.normalise else "")
    if plan.words.outputs == 1:
        return f"above 0 it says {plain(plan.source.class_names[1])}"
    return "a number for each class, the largest is the answer"


def _score(plan: Plan) -> str:
    """What a batch adds to the epoch's score."""
    if not plan.words.is_regression:
        return f"right += ({answer_source(plan)} == labels).sum().item()"
    # Variances are taken of the training split: of scaled targets it is 1.
    scaled = "" if plan.run.dataset.normalise else " / target_variance"
    return f"score += (1 - (outputs.detach() - targets).square().mean(dim=1){scaled}).double().sum().item()"


def _pull_back(plan: Plan) -> list[str]:
    """What L1 and L2 add to the gradients."""
    penalties = plan.run.training.regularisation
    if not plan.penalties:
        return []
    if _changes_penalties(plan):
        return [
            "if l1 or l2:",
            "    with torch.no_grad():",
            "        for weight in weights:",
            "            weight.grad.add_(weight, alpha=2 * l2)",
            "            weight.grad.add_(weight.sign(), alpha=l1)",
        ]
    lines = ["with torch.no_grad():", "    for weight in weights:"]
    lines.append(f"        weight.grad.add_(weight, alpha=2 * {penalties.l2!r})  # L2" if penalties.l2 else "")
    lines.append(f"        weight.grad.add_(weight.sign(), alpha={penalties.l1!r})  # L1" if penalties.l1 else "")
    return lines


def _inputs(plan: Plan, size: str) -> list[str]:
    """What makes `inputs` of the batch's images: changed ones are whole numbers no more, so they are scaled in two steps."""
    untouched = f"inputs = {prepared(plan, 'x_train[batch]')}  # (B, {size})"
    if not _augmented(plan):
        return [untouched]
    scaled = "(images - mean) * (1 / spread)" if plan.run.dataset.normalise else "images"
    changed = [
        'images = augment(x_train[batch].float() / 255, draws_for("augmentation", step))',
        f"inputs = {scaled}{in_layout(plan)}  # (B, {size})",
    ]
    if all(run.training.augmentation for run in plan.phases):
        return changed
    return ["if augment:", *(f"    {line}" for line in changed), "else:", f"    {untouched}"]
