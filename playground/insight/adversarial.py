"""The smallest change of an image that makes a network answer another class: FGSM and PGD, searched over their strength.

One step (FGSM, Goodfellow, Shlens and Szegedy, 2015, "Explaining and Harnessing Adversarial Examples"): all pixels move by the
same amount, each in the direction that helps the wanted class. Many steps (PGD, Madry et al., 2018, "Towards Deep Learning
Models Resistant to Adversarial Attacks"): small steps of that kind, never further than epsilon from the image.

Both climb the wanted class's lead over the strongest other class, z_t - max z_k (Carlini and Wagner, 2017), instead of descending
a loss: it is 0 exactly where the answer changes, serves every loss, and has a slope also where the network is sure.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.lead import answer_of, image_of, lead, lead_slope, network_outputs, outputs_of, scores_of, shares_of
from playground.insight.networks import TrainedNetwork, trained_network
from playground.progress import TaskProgress
from playground.spec import RunSpec

LEVELS = 255  # grey levels above 0: the unit in which images move here
STEPS = 12  # of one PGD attack
STEP_SHARE = 2.5  # of epsilon / STEPS for one step, as in Madry et al.
CANDIDATES = 12  # strengths tried at once
ROUNDS = 3  # at most; each cuts the interval into CANDIDATES parts
FINE_ENOUGH = 0.5  # grey levels: no round for less
WHOLE = 4  # strengths of whole grey levels that many steps try
FINER = 32  # strengths between two whole grey levels
SLICE = 64  # images at once, at most
Search = Generator[TaskProgress, None, "ChangeOfMind"]
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Stored:
    """A changed image as a file would hold it, in 256 grey levels.

    Attributes:
        pixels: uint8 (c, h, w).
        levels: the largest change of a pixel, in grey levels.
        probabilities: float64 (k,), the network's own answer to `pixels`.
        answer: the class with the largest output.
    """

    pixels: NDArray[np.uint8]
    levels: int
    probabilities: NDArray[np.float64]
    answer: int


@dataclass(frozen=True, eq=False)
class SmallestChange:
    """The smallest change that one method found. It is not proven that there is no smaller one.

    Attributes:
        epsilon: the largest change of a pixel, where black is 0 and white is 1.
        image: float32 (c, h, w) in [0, 1].
        probabilities: float64 (k,), the network's answer to `image`, which is the target.
        rounded: the same image in 256 grey levels; its answer may be another one.
        stored: the smallest change found that is still answered with the target in 256 grey levels; None if none was.
    """

    epsilon: float
    image: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    rounded: Stored
    stored: Stored | None


@dataclass(frozen=True, eq=False)
class ChangeOfMind:
    """What changes a network's answer to one image into `target`.

    Attributes:
        answer: its answer to the image as it is, the class with the largest output.
        probabilities: float64 (k,), for the image as it is.
        one_step, many_steps: what FGSM and PGD found; None where no change up to 1 does it.
        flat: the slope is exactly 0 at the image, so that no direction helps.
        epsilons: float64 (m,), the strengths of one step that were tried on the way up, from 0.
        target_shares, answer_shares: float64 (m,), the target's and the first answer's probability at each of them.
    """

    answer: int
    target: int
    probabilities: NDArray[np.float64]
    one_step: SmallestChange | None
    many_steps: SmallestChange | None
    flat: bool
    epsilons: NDArray[np.float64]
    target_shares: NDArray[np.float64]
    answer_shares: NDArray[np.float64]


def change_of_mind(run_json: str, weights: Mapping[str, Tensor], pixels: NDArray[np.uint8], target: int) -> Search:
    """As `search`, as a task.

    Raises:
        PlaygroundError: the data set is not there, the weights do not fit, or as `search`.
    """
    return (yield from search(trained_network(RunSpec.from_json(run_json), weights), pixels, target))


def search(trained: TrainedNetwork, pixels: NDArray[np.uint8], target: int) -> Search:
    """Looks for the smallest change of `pixels`, uint8 (c, h, w), that is answered with class `target`.

    No gradient is left behind in the network. Deterministic.

    Raises:
        PlaygroundError: the outputs are not finite, there is no such class, or it is the answer already.
    """
    image = image_of(trained, pixels)
    outputs = outputs_of(trained, image)
    answer, count = answer_of(trained, outputs), scores_of(trained, outputs).shape[1]
    if not 0 <= target < count:
        raise PlaygroundError(f"There is no class {target}.", f"This network has {count}, counted from 0.", "Choose one of them.")
    if target == answer:
        raise PlaygroundError("That is its answer already.", "", "Choose another class.")
    slope = lead_slope(trained, image, target)[1]
    flat = not bool(slope.any())
    curve, one_step = yield from _counted(_one_step(trained, image, slope.sign(), target), 0, "One step")
    many_steps = None
    if not flat:
        high = one_step.epsilon * LEVELS if one_step else float(LEVELS)
        many_steps = yield from _counted(_many_steps(trained, image, high, target), 20, "Many small steps")
    shares = shares_of(trained, curve)
    return ChangeOfMind(
        answer,
        target,
        shares_of(trained, outputs)[0],
        one_step,
        many_steps,
        flat,
        np.arange(len(shares)) / LEVELS,
        shares[:, target],
        shares[:, answer],
    )


def _counted(steps: Generator[None, None, Result], done: int, text: str) -> Generator[TaskProgress, None, Result]:
    """Tells of every step of `steps`; nobody knows how many there will be, so the bar nears its end more and more slowly."""
    number = 0
    while True:
        yield TaskProgress(done + int((95 - done) * (1 - math.exp(-number / 40))), 100, text)
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        number += 1


def _one_step(
    trained: TrainedNetwork, image: Tensor, direction: Tensor, target: int
) -> Generator[None, None, tuple[Tensor, SmallestChange | None]]:
    """FGSM at every whole grey level up to the first that works (and half as far again, for the curve); then finer below it.

    Returns:
        The outputs (m, k) at 0, 1, 2, ... grey levels, and what was found.
    """
    size = min(SLICE, trained.slice_size)
    rows: list[Tensor] = []
    leads = torch.empty(0, device=image.device)
    first, tried = LEVELS + 1, LEVELS + 1
    for start in range(0, tried, size):
        with torch.no_grad():
            rows.append(network_outputs(trained, _moved(image, direction, torch.arange(start, min(start + size, tried)))))
        yield
        leads = torch.cat([leads, lead(scores_of(trained, rows[-1]), target)])
        works = (leads > 0).nonzero()
        first = int(works[0]) if len(works) else first
        if len(leads) > 1.5 * first or not direction.any():
            break
    if first > LEVELS:
        return torch.cat(rows), None
    # The last of these are for the case that rounding, or being read alone, spoils the first.
    finer = torch.cat([first - 1 + torch.arange(1, FINER + 1) / FINER, torch.arange(first + 1, min(first + FINER, LEVELS + 1))])
    return torch.cat(rows), (yield from _smallest(trained, image, _moved(image, direction, finer), target))


def _moved(image: Tensor, direction: Tensor, strengths: Tensor) -> Tensor:
    """(b, c, h, w): the image moved along `direction` by each of `strengths` (b,), in grey levels, and kept within 0 and 255."""
    return (image + strengths.to(image).view(-1, 1, 1, 1) * direction).clamp(0, LEVELS)


def _many_steps(trained: TrainedNetwork, image: Tensor, high: float, target: int) -> Generator[None, None, SmallestChange | None]:
    """PGD up to the strength `high`, in grey levels, and then ever finer between the last that fails and the first that works.

    Where it fails up to `high`, which is where one step works, it goes on from there up to the end.
    """
    low, found = 0.0, []
    for number in range(ROUNDS):
        if number and high - low < FINE_ENOUGH:
            break
        strengths = low + (high - low) * torch.arange(1, CANDIDATES + 1) / CANDIDATES
        images, worked = yield from _attack(trained, image, strengths, target)
        found.append(images)
        if worked.any():
            first = int(worked.nonzero()[0])
            low, high = float(strengths[first - 1]) if first else low, float(strengths[first])
        elif number == 0 and high < LEVELS:
            low, high = high, float(LEVELS)
        else:
            break
    # Strengths of whole grey levels, for the smallest change that an image file can hold.
    whole = (math.floor(high) + torch.arange(WHOLE)).clamp(1, LEVELS).unique()
    found.append((yield from _attack(trained, image, whole, target))[0])
    return (yield from _smallest(trained, image, torch.cat(found), target))


def _attack(
    trained: TrainedNetwork, image: Tensor, strengths: Tensor, target: int
) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """PGD with all strengths (b,), in grey levels; yields after some hundredths of a second.

    Returns:
        Images (2b, c, h, w): for each strength, the first that was answered with the target and the one with the largest lead;
        and (b,) bool, for which strengths there was one.
    """
    bounds = strengths.to(image).view(-1, 1, 1, 1)
    least, most = (image - bounds).clamp_min(0), (image + bounds).clamp_max(LEVELS)
    moved = image.expand(len(strengths), -1, -1, -1).clone()
    first, best = moved.clone(), moved.clone()
    best_lead = torch.full((len(strengths),), -torch.inf, device=image.device)
    # A step forwards and backwards costs about as much as three forwards.
    size = max(1, trained.slice_size // 3)
    for step in range(STEPS + 1):
        found = []
        for part in moved.split(size):
            found.append(lead_slope(trained, part, target))
            yield
        leads, slope = (torch.cat(parts) for parts in zip(*found, strict=True))
        newly, better = (leads > 0) & (best_lead <= 0), leads > best_lead
        first[newly], best[better] = moved[newly], moved[better]
        best_lead = torch.maximum(best_lead, leads)
        if step < STEPS:
            moved = (moved + STEP_SHARE / STEPS * bounds * slope.sign()).clamp(least, most)
    return torch.cat([first, best]), (best_lead > 0).cpu()


def _smallest(
    trained: TrainedNetwork, image: Tensor, images: Tensor, target: int
) -> Generator[None, None, SmallestChange | None]:
    """The image that differs least, by its largest change, among those that the network answers with the target."""
    # Among others, an image may be read otherwise in the last bits than alone; what is shown is what is said to it alone.
    for changed in (yield from _working(trained, image, images, target)):
        with torch.no_grad():
            outputs = network_outputs(trained, changed[None])
        if answer_of(trained, outputs) != target:
            continue
        whole = yield from _working(trained, image, images.round().unique(dim=0), target)
        rounded = (_read(trained, image, other) for other in whole)
        return SmallestChange(
            float((changed - image).abs().max()) / LEVELS,
            (changed / LEVELS).cpu().numpy(),
            shares_of(trained, outputs)[0],
            _read(trained, image, changed),
            next((read for read in rounded if read.answer == target), None),
        )
    return None


def _working(trained: TrainedNetwork, image: Tensor, images: Tensor, target: int) -> Generator[None, None, Tensor]:
    """Those of `images` that are answered with the target, the least changed first."""
    leads = []
    for part in images.split(min(SLICE, trained.slice_size)):
        with torch.no_grad():
            leads.append(lead(scores_of(trained, network_outputs(trained, part)), target))
        yield
    images = images[torch.cat(leads) > 0]
    return images[(images - image).flatten(1).abs().amax(dim=1).argsort(stable=True)]


def _read(trained: TrainedNetwork, image: Tensor, changed: Tensor) -> Stored:
    """`changed` (c, h, w) in 256 grey levels, and what the network says to it by the way that every image takes."""
    pixels = changed.round().to(torch.uint8)
    with torch.no_grad():
        outputs = trained.network(trained.batches.inputs(pixels[None]))
    levels = int((pixels.float() - image[0]).abs().max())
    return Stored(pixels.cpu().numpy(), levels, shares_of(trained, outputs)[0], answer_of(trained, outputs))
