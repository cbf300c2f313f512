"""How a Keras script loads its data, and makes of it what Keras takes: numpy, scikit-learn's tables and the standard library."""

from __future__ import annotations

from playground.data.one_class import OneAgainstRest
from playground.data.points import PointsSource, drawn, plane_inputs
from playground.data.sample import SampleSource
from playground.data.sources import IdxSource, Source
from playground.data.tables import TableSource
from playground.errors import PlaygroundError
from playground.export import keras_data_parts as parts
from playground.export.words import Words

KERAS_DATASETS = {"mnist": "mnist", "fashion-mnist": "fashion_mnist"}
ROWS_IN_A_LINE, POINTS_IN_A_LINE = 20, 4


def inner(chosen: Source) -> Source:
    """The source whose examples they are."""
    return chosen.inner if isinstance(chosen, OneAgainstRest) else chosen


def loading(chosen: Source) -> str:
    """Defines `load_images`, `load_rows` or `load_points`.

    Raises:
        PlaygroundError: a few lines of numpy cannot read the data set.
    """
    source = inner(chosen)
    if isinstance(source, SampleSource):
        return parts.LOAD_SAMPLE
    if isinstance(source, TableSource):
        return _table(source)
    if isinstance(source, PointsSource):
        return _points(source)
    if not isinstance(source, IdxSource) or source.image_size != (28, 28):
        raise PlaygroundError(
            f"There is no Keras script for {source.title}.",
            "Scripts are made for the sets of 28 x 28 images, for tables and for points.",
            "Choose another format, or train on one of those.",
        )
    if source.name in KERAS_DATASETS:
        without = parts.DOWNLOAD.format(name=KERAS_DATASETS[source.name])
    else:
        without = parts.NO_DOWNLOAD.format(title=source.title)
    text = parts.LOAD_IDX.format(without_folder=without, folder=source.folder_name, names=source.file_names)
    turned = parts.TRANSPOSE if source.transposed else ""
    if source.first_label:
        turned += parts.LABELS.format(first=source.first_label)
    text = text.replace("    return (x_train", f"{turned}    return (x_train")
    return f"{parts.READ_IDX}\n\n{text}"


def preparing(chosen: Source, words: Words) -> str:
    """Defines `prepare`, from what was loaded to what goes into the network and what should come out."""
    question = ""
    if isinstance(chosen, OneAgainstRest):
        question = f'    labels = (labels == {chosen.one_class}).astype("int64")  # only asked: is it {chosen.class_names[1]}?\n'
    if words.outputs == 1:
        targets, truth_words = f'{words.truth}.astype("float32").reshape(-1, 1)', f"{words.truth} as (n, 1)"
    else:
        index = "labels" if words.example != "point" or question else 'labels.astype("int64")'
        targets = f'np.eye(NUM_CLASSES, dtype="float32")[{index}]'
        truth_words = "labels as rows of zeros with a one at the true class"
    if chosen.is_images:
        inputs, inputs_words = 'images[..., None].astype("float32") / 255', "Pixels from 0 to 1, as (n, 28, 28, 1)"
    else:
        inputs, inputs_words = f'{words.examples}.astype("float32")', f"{words.examples.capitalize()} as they are"
    return parts.PREPARE.format(
        examples=words.examples,
        truth=words.truth,
        inputs_words=inputs_words,
        truth_words=truth_words,
        question=question,
        inputs=inputs,
        targets=targets,
    )


def _table(source: TableSource) -> str:
    test = source.test_rows().sort().values.tolist()
    return parts.LOAD_TABLE.format(
        rows=_lines([str(row) for row in test], ROWS_IN_A_LINE),
        columns=source.input_shape[0],
        loader=source.loader,
        flip="    answers = 1 - answers  # 1 is the class that is looked for\n" if source.is_flipped else "",
        options="return_X_y=True, scaled=False" if source.loader == "load_diabetes" else "return_X_y=True",
    )


def _points(source: PointsSource) -> str:
    points = drawn(source.name, source.points)
    is_number = source.task == "regression"
    rows = [
        f"({x1:.5g}, {x2:.5g}, {f'{answer:.5g}' if is_number else int(answer)})"
        for places, answers in ((points.train_points, points.train_y), (points.test_points, points.test_y))
        for (x1, x2), answer in zip(places.tolist(), answers.flatten().tolist(), strict=True)
    ]
    return parts.LOAD_POINTS.format(
        answer="value" if is_number else "class",
        num_test=source.num_test,
        rows=_lines(rows, POINTS_IN_A_LINE),
        columns=source.input_shape[0],
        inputs=", ".join(known.source.replace("torch.", "np.") for known in plane_inputs(source.points.inputs)),
    )


def _lines(values: list[str], count: int) -> str:
    """So many values a line."""
    return "\n".join(f"    {', '.join(values[start : start + count])}," for start in range(0, len(values), count))
