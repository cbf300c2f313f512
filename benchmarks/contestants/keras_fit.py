"""Keras' `fit`, as its own introduction to MNIST has it; one long call, which waits between two epochs."""

import os

import turns

chosen = turns.arguments()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow  # noqa: E402
from keras import layers  # noqa: E402


def network(name):
    scores = layers.Dense(10)
    if name == "first-network":
        return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(128, activation="relu"), scores])
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            scores,
        ]
    )


class Turns(keras.callbacks.Callback):
    """Keras makes ready for an epoch after `on_epoch_begin`: all of an epoch's work lies between the two."""

    def on_epoch_begin(self, epoch, logs=None):
        self.began = turns.wait()

    def on_epoch_end(self, epoch, logs=None):
        turns.told(self.began, chosen.images, logs["loss"])


def main():
    tensorflow.config.threading.set_intra_op_parallelism_threads(chosen.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(chosen.threads)
    keras.utils.set_random_seed(0)
    with numpy.load(chosen.data) as file:
        images = file["images"][: chosen.images].astype("float32")[..., None] / 255
        labels = file["labels"][: chosen.images]
    model = network(chosen.network)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    turns.say(
        num_parameters=model.count_params(), threads=chosen.threads, keras=keras.__version__, tensorflow=tensorflow.__version__
    )
    model.fit(images, labels, batch_size=chosen.batch_size, epochs=1000, verbose=0, callbacks=[Turns()])


main()
