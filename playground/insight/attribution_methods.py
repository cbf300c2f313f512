"""The methods that explain an answer. To add one is to add one generator and one entry to METHODS.

Captum (https://captum.ai) computes each of them. It is imported inside the functions: its import takes a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from playground.catalog.layer import Shape
from playground.insight.attribution_types import Answering, Asked, Found, Knob, Method
from playground.progress import TaskProgress

ROUNDING = 2e-6  # of an output: what float32 does not tell from 0 in a difference
SEED = 0  # SmoothGrad's noise: the same at every look


def input_gradient(asked: Asked) -> Answering:
    """d output / d pixel."""
    from captum.attr import Saliency

    yield TaskProgress(0, 1)
    return Found(Saliency(asked.network).attribute(_tracked(asked.inputs), target=asked.target, abs=False))


def integrated_gradients(asked: Asked) -> Answering:
    """(pixel - black) times the mean gradient on the straight way from the black image: eq. 1 of the paper.

    The mean is a midpoint sum over equal steps. The way is cut into pieces, each a slice of work: their attributions add up.
    """
    from captum.attr import IntegratedGradients

    steps = int(asked.settings["steps"])
    explain = IntegratedGradients(asked.network)
    values = torch.zeros_like(asked.inputs)
    pieces = max(1, steps // max(2, asked.at_once))  # none of a single step, which Captum refuses
    for piece in range(pieces):
        done, after = steps * piece // pieces, steps * (piece + 1) // pieces
        yield TaskProgress(done, steps, f"{done} of {steps} steps")
        begin, end = (asked.black + (asked.inputs - asked.black) * (at / steps) for at in (done, after))
        values += explain.attribute(
            _tracked(end), baselines=begin, target=asked.target, n_steps=after - done, method="riemann_middle"
        ).detach()
    with torch.inference_mode():
        outputs = asked.network(torch.cat([asked.inputs, asked.black])).double()[:, asked.target]
    return Found(values, difference=float(outputs[0] - outputs[1]))


def smooth_grad(asked: Asked) -> Answering:
    """The mean of the gradients of several noisy copies of the image. The noise is the same at every look."""
    from captum.attr import NoiseTunnel, Saliency

    samples, noise = int(asked.settings["samples"]), asked.settings["noise"] / 100 * asked.range
    explain = NoiseTunnel(Saliency(asked.network))
    total = torch.zeros_like(asked.inputs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        state = torch.get_rng_state()
    for done in range(0, samples, asked.at_once):
        yield TaskProgress(done, samples, f"{done} of {samples} noisy copies")
        count = min(asked.at_once, samples - done)
        # Between two slices other work may draw numbers, so the generator's state goes with this work.
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(state)
            total += count * explain.attribute(
                _tracked(asked.inputs), nt_type="smoothgrad", nt_samples=count, stdevs=noise, target=asked.target, abs=False
            )
            state = torch.get_rng_state()
    return Found(total / samples)


def grad_cam(asked: Asked) -> Answering:
    """The maps of a convolution, each weighed by the mean gradient of the output in it, added up: eq. 1 and 2 of the paper.

    Without the paper's ReLU: negative parts speak against the class.
    """
    from captum.attr import LayerAttribution, LayerGradCam

    assert asked.layer is not None
    yield TaskProgress(0, 1)
    coarse = LayerGradCam(asked.network, asked.layer).attribute(_tracked(asked.inputs), target=asked.target).detach()
    size = (int(asked.inputs.shape[2]), int(asked.inputs.shape[3]))
    return Found(LayerAttribution.interpolate(coarse, size, interpolate_mode="bilinear"), coarse)


def occlusion(asked: Asked) -> Answering:
    """How far the output falls when a black square covers a place; a pixel has the mean of the squares that cover it.

    Row by row: Captum is given the strip of the image that one row of squares covers.
    """
    from captum.attr import Occlusion

    height, width = asked.inputs.shape[2:]
    window, stride = window_and_stride(asked.settings, (1, height, width))
    tops = starts(height, window, stride)
    covered = torch.zeros(width)
    for left in starts(width, window, stride):
        covered[left : left + window] += 1
    total, weights = torch.zeros_like(asked.inputs), torch.zeros(height, width)
    for done, top in enumerate(tops):
        yield TaskProgress(done, len(tops), f"{done} of {len(tops)} rows")
        rows = slice(top, top + window)
        strip = asked.inputs[:, :, rows]
        size = (strip.shape[1], strip.shape[2], min(window, width))
        values = Occlusion(_with_strip(asked, rows)).attribute(
            strip,
            size,
            strides=(size[0], size[1], min(stride, size[2])),
            baselines=asked.black[:, :, rows],
            target=asked.target,
            perturbations_per_eval=3 * asked.at_once,
        )
        total[:, :, rows] += values.detach() * covered
        weights[rows] += covered
    # Captum gives each channel of a square the whole change; the map adds the channels up.
    values = total / weights / asked.inputs.shape[1]
    with torch.inference_mode():
        output = asked.network(asked.inputs)[0, asked.target].abs()
    # A black square on black changes nothing but the last bits, which would be drawn as if they meant something.
    return Found(values.masked_fill(values.abs() <= ROUNDING * output, 0.0))


def starts(size: int, window: int, stride: int) -> list[int]:
    """Where the squares begin along one side; the last one may reach over the edge."""
    return [stride * number for number in range(math.ceil(max(0, size - window) / stride) + 1)]


def window_and_stride(settings: Mapping[str, float], shape: Shape) -> tuple[int, int]:
    """The square's side, at most the image's, and how far it moves, at most its side."""
    window = min(int(settings["window"]), *shape[1:])
    return window, min(int(settings["stride"]), window)


def _with_strip(asked: Asked, rows: slice) -> Callable[[Tensor], Tensor]:
    def outputs(strips: Tensor) -> Tensor:
        images = asked.inputs.repeat(len(strips), 1, 1, 1)
        images[:, :, rows] = strips
        result: Tensor = asked.network(images)
        return result

    return outputs


def _occlusion_passes(settings: Mapping[str, float], shape: Shape) -> int:
    window, stride = window_and_stride(METHODS_BY_SLUG["occlusion"].complete(settings), shape)
    # Forward only: a third of the work of a gradient.
    return max(1, len(starts(shape[1], window, stride)) * len(starts(shape[2], window, stride)) // 3)


def _tracked(inputs: Tensor) -> Tensor:
    return inputs.detach().clone().requires_grad_()


def _knob(name: str, settings: Mapping[str, float], slug: str) -> int:
    return int(METHODS_BY_SLUG[slug].complete(settings)[name])


METHODS: tuple[Method, ...] = (
    Method(
        "gradient",
        "Input gradient",
        "If a pixel gets a little brighter, does the output for this class rise or fall?",
        "Blue: brighter here raises the output. Orange: brighter here lowers it.",
        "Simonyan, Vedaldi, Zisserman (2013): Deep Inside Convolutional Networks. arXiv:1312.6034",
        input_gradient,
    ),
    Method(
        "integrated-gradients",
        "Integrated gradients",
        "Fades the image in from black, adds up the gradients on the way, and so shares the output out among the pixels.",
        "Blue: this pixel's ink speaks for the class. Orange: against it. All pixels together make the whole difference.",
        "Sundararajan, Taly, Yan (2017): Axiomatic Attribution for Deep Networks. arXiv:1703.01365",
        integrated_gradients,
        (Knob("steps", "Steps", 8, 256, 8, 64, "How many images there are on the way from black. More is more exact."),),
        lambda settings, shape: _knob("steps", settings, "integrated-gradients") + 1,
    ),
    Method(
        "smooth-grad",
        "SmoothGrad",
        "The input gradient, averaged over noisy copies of the image: what is chance fades away.",
        "Blue: brighter here raises the output. Orange: brighter here lowers it.",
        "Smilkov, Thorat, Kim, Viégas, Wattenberg (2017): SmoothGrad. arXiv:1706.03825",
        smooth_grad,
        (
            Knob("noise", "Noise in %", 1, 50, 1, 15, "How strong the noise is; 100 % is the way from black to white."),
            Knob("samples", "Noisy copies", 5, 200, 5, 50, "How many are averaged. More is smoother."),
        ),
        lambda settings, shape: _knob("samples", settings, "smooth-grad"),
    ),
    Method(
        "grad-cam",
        "Grad-CAM",
        "Which places of a convolution's maps count for this class? Coarse, but about patterns and not single pixels.",
        "Blue: what the layer found here speaks for the class. Orange: against it (the paper shows only the blue part).",
        "Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra (2016): Grad-CAM. arXiv:1610.02391",
        grad_cam,
        needs_convolution=True,
    ),
    Method(
        "occlusion",
        "Occlusion",
        "Covers the image with a black square, place by place, and notes how far the output falls.",
        "Blue: covering this lowers the output, so it speaks for the class. Orange: covering it raises the output.",
        "Zeiler, Fergus (2013): Visualizing and Understanding Convolutional Networks. arXiv:1311.2901",
        occlusion,
        (
            Knob("window", "Square's side", 1, 14, 1, 5, "In pixels."),
            Knob("stride", "Moves by", 1, 14, 1, 2, "In pixels; at most the square's side."),
        ),
        _occlusion_passes,
    ),
)
METHODS_BY_SLUG = {entry.slug: entry for entry in METHODS}


def method(slug: str) -> Method:
    """The method of that slug; KeyError when there is none."""
    return METHODS_BY_SLUG[slug]
