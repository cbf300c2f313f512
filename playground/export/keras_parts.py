"""Pieces of source of which a Keras script is put together; `keras_script` chooses, and fills in the `{names}`."""

from __future__ import annotations

HEADER = """\
import gzip
import importlib.util
import math
import os
import sys
from pathlib import Path

import numpy as np

# Keras lets another library do the arithmetic: the first of these that is installed, unless KERAS_BACKEND names one.
INSTALLED = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]
os.environ.setdefault("KERAS_BACKEND", (INSTALLED or ["tensorflow"])[0])

import keras
from keras import callbacks, initializers, layers, losses, ops, optimizers
"""

SKLEARN = "from sklearn import datasets\n"

SHEAR = '''\
class Shear(layers.Layer):
    """Slants each training image about its middle, by an angle of its own of at most `degrees`."""

    def __init__(self, degrees):
        super().__init__()
        self.degrees = degrees
        self.seeds = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        count, height = ops.shape(images)[:2]
        angles = keras.random.uniform((count,), -self.degrees, self.degrees, seed=self.seeds)
        slant = ops.tan(angles * math.pi / 180)
        one, zero = ops.ones_like(slant), ops.zeros_like(slant)
        # The pixel at (x, y) comes from (x + slant * (y - middle), y).
        matrices = ops.stack([one, slant, -slant * (height - 1) / 2, zero, one, zero, zero, zero], axis=1)
        return ops.image.affine_transform(images, matrices, fill_mode="constant", data_format="channels_last")
'''

ZOOM = '''\
class Zoom(layers.Layer):
    """Makes each training image larger or smaller about its middle, by at most `percent`."""

    def __init__(self, percent):
        super().__init__()
        self.percent = percent
        self.seeds = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        count, height, width = ops.shape(images)[:3]
        change = keras.random.uniform((count,), -self.percent / 100, self.percent / 100, seed=self.seeds)
        # What becomes larger is looked up closer to the middle.
        scale = 1 / (1 + change)
        zero = ops.zeros_like(scale)
        x_start, y_start = (1 - scale) * (width - 1) / 2, (1 - scale) * (height - 1) / 2
        matrices = ops.stack([scale, zero, x_start, zero, scale, y_start, zero, zero], axis=1)
        return ops.image.affine_transform(images, matrices, fill_mode="constant", data_format="channels_last")
'''

NOISE = '''\
class Noise(layers.Layer):
    """Adds random grey to every pixel of a training image; `strength` is its spread."""

    def __init__(self, strength):
        super().__init__()
        self.strength = strength
        self.seeds = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        grey = keras.random.normal(ops.shape(images), stddev=self.strength, seed=self.seeds)
        return ops.clip(images + grey, 0.0, 1.0)
'''

MULTI_MARGIN = '''\
class MultiMargin(losses.Loss):
    """Content with an example as soon as its true class leads every other by the margin."""

    def __init__(self, margin):
        super().__init__()
        self.margin = margin

    def call(self, truth, outputs):
        lead = ops.sum(truth * outputs, axis=-1, keepdims=True) - outputs
        return ops.mean((1 - truth) * ops.relu(self.margin - lead), axis=-1)
'''

NEGATIVE_LOG_LIKELIHOOD = '''\
class NegativeLogLikelihood(losses.Loss):
    """The output for the true class, negated: the network ends with log-softmax."""

    def call(self, truth, outputs):
        return -ops.sum(truth * outputs, axis=-1)
'''

# What the catalogue's Keras source may name besides Keras itself.
HELPERS = {
    "Zoom": ZOOM,
    "Shear": SHEAR,
    "Noise": NOISE,
    "MultiMargin": MULTI_MARGIN,
    "NegativeLogLikelihood": NEGATIVE_LOG_LIKELIHOOD,
}

BUILD = '''\
def build_network(mean, spread):
    """The network: {goes_in} go in, {comes_out}."""
    network = keras.Sequential(
        [
{lines}
        ]
    )
{start}
    return network
'''

START_DEFAULT = """\
    # PyTorch starts weights and biases alike: evenly spread within 1 / sqrt(inputs) of 0.
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            initialiser = {initialiser}
            layer.kernel.assign(initialiser(layer.kernel.shape))
            if layer.bias is not None:
                limit = math.prod(layer.kernel.shape[:-1]) ** -0.5
                layer.bias.assign(initializers.RandomUniform(-limit, limit)(layer.bias.shape))"""

START_OTHER = """\
    # How the weights start; biases start at 0.
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            initialiser = {initialiser}
            layer.kernel.assign(initialiser(layer.kernel.shape))"""

RATES = '''\
def rate_factor(epoch, epochs):
    """What the learning rate is multiplied with; `epoch` counts the epochs that are done, with fractions."""
{body}


class Rates(optimizers.schedules.LearningRateSchedule):
    """The learning rate of every batch, worked out beforehand."""

    def __init__(self, batches_per_epoch):
        steps = np.arange(EPOCHS * batches_per_epoch)
        factors = [rate_factor(step / batches_per_epoch, EPOCHS) for step in steps]
        self.rates = np.array([LEARNING_RATE * factor for factor in factors], dtype="float32")

    def __call__(self, step):
        return ops.take(ops.convert_to_tensor(self.rates), ops.cast(step, "int32"))
'''

PENALISED = '''\
class Penalised(optimizers.{optimizer}):
    """{optimizer} with an addition to each gradient, which pulls the weights towards 0 and shows in no loss."""

    def update_step(self, gradient, variable, learning_rate):
{additions}
        super().update_step(gradient, variable, learning_rate)
'''

ADD_DECAY = """\
        gradient = gradient + WEIGHT_DECAY * variable"""

ADD_PENALTY = """\
        if "kernel" in variable.name:  # weights, not biases
            gradient = gradient + 2 * L2 * variable + L1 * ops.sign(variable)"""

MAIN = """\
def main():
    keras.utils.set_random_seed(SEED)
    (x_train, y_train), (x_test, y_test) = (prepare(*{examples}) for {examples} in load_{examples}())

{split}
{targets}
    network = build_network({scale})
    network.summary()
    optimizer = {optimizer}(
{options}
    )
    network.compile(
        optimizer=optimizer,
        loss={loss},
        metrics=[keras.metrics.{metric}],
    )
    network.fit(
        x_train,
        y_train,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
{fit}
        verbose={verbose},
    )

    # The test {examples} were not looked at until now.
    test_loss, test_{score} = network.evaluate(x_test, y_test, batch_size=1000, verbose=0)
{verdict}


if __name__ == "__main__":
    main()
"""

SPLIT = """\
    # Validation {examples} are taken away from the training {examples}: they only watch.
    order = np.random.default_rng(SEED).permutation(len(x_train))
    num_validation = round(len(x_train) * VALIDATION_SHARE)
    validation, training = order[:num_validation], order[num_validation{end}]
    x_validation, y_validation = x_train[validation], y_train[validation]
    x_train, y_train = x_train[training], y_train[training]"""

LIMIT = """\
    training = np.random.default_rng(SEED).permutation(len(x_train)){end}
    x_train, y_train = x_train[training], y_train[training]"""

EARLY_STOPPING = 'callbacks.EarlyStopping("{watched}", patience={patience}, restore_best_weights=True)'

SCALED_TARGETS = """
    # The targets are scaled too, as networks like it: the mean of those learned from becomes 0, their spread 1.
    target_mean, target_spread = y_train.mean(), y_train.std()
    y_train, {validation}y_test = ((y - target_mean) / target_spread for y in (y_train, {validation}y_test))
"""

COMPARE = """\
    difference = 100 * (test_accuracy - PLAYGROUND_ACCURACY)
    print(f"Keras:      {{test_accuracy:.2%}} of the test {examples} are {told} right, loss {{test_loss:.4f}}")
    print(f"Playground: {{PLAYGROUND_ACCURACY:.2%}}, loss {{PLAYGROUND_LOSS:.4f}}")
    passed = abs(difference) <= TOLERANCE
    print(f"{{'PASS' if passed else 'FAIL'}}: {{difference:+.2f}} points; up to {{TOLERANCE:g}} either way is luck.")
    sys.exit(0 if passed else 1)"""

COMPARE_NUMBERS = """\
    difference = test_r2 - PLAYGROUND_R2
    print(f"Keras:      R² {{test_r2:.4f}} on the test {examples}, loss {{test_loss:.4f}}")
    print(f"Playground: R² {{PLAYGROUND_R2:.4f}}, loss {{PLAYGROUND_LOSS:.4f}}")
    passed = abs(difference) <= TOLERANCE
    print(f"{{'PASS' if passed else 'FAIL'}}: {{difference:+.4f}}; up to {{TOLERANCE:g}} either way is luck.")
    sys.exit(0 if passed else 1)"""

ONLY_TELL = """\
    print(f"Keras: {{test_accuracy:.2%}} of the test {examples} are {told} right, loss {{test_loss:.4f}}")
    print("The playground's run did not get as far as its test, so there is nothing to compare with.")"""

ONLY_TELL_NUMBERS = """\
    print(f"Keras: R² {{test_r2:.4f}} on the test {examples}, loss {{test_loss:.4f}}")
    print("The playground's run did not get as far as its test, so there is nothing to compare with.")"""
