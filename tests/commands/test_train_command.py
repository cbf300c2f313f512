"""`python -m playground train`, on the 5,000 digits that are always there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from sklearn.metrics import mean_absolute_error, r2_score
from torch.nn import functional

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.presets import preset
from playground.commands.command_line import main
from playground.data import load
from playground.spec import RunSpec

ROOT = Path(__file__).parents[2]
QUICK = ["train", "--dataset", "mnist-5k", "--epochs", "1", "--threads", "1"]


def trained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*QUICK, "--json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that ends with code 2."""
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(str(ended.code))
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    return err


def test_the_last_line_is_one_json_object_with_every_result(capsys: pytest.CaptureFixture[str]) -> None:
    found = trained(capsys, "--seed", "3")
    assert found["dataset"] == "mnist-5k"
    assert (found["seed"], found["epochs"], found["threads"]) == (3, 1, 1)
    assert found["preset"] == "first-network"
    assert found["num_parameters"] == 784 * 128 + 128 + 128 * 10 + 10
    assert 0.8 < found["test_accuracy"] < 1
    assert 0 < found["test_loss"] < 1
    assert found["train_images"] == 3600
    assert found["images_per_second"] == pytest.approx(3600 / found["train_seconds"], rel=0.01)


def test_the_same_seed_gives_the_same_results(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [trained(capsys, "--seed", seed) for seed in ("1", "1", "2")]
    losses = [run["test_loss"] for run in runs]
    assert losses[0] == losses[1] != losses[2]


def test_saved_weights_give_the_printed_results_in_plain_torch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "digits.safetensors"
    found = trained(capsys, "--save", str(file))
    with safe_open(file, "pt") as content:
        weights = [content.get_tensor(name) for name in sorted(content.keys())]
        spec = RunSpec.from_json(content.metadata()["spec"])
    biases, matrices = [w for w in weights if w.ndim == 1], [w for w in weights if w.ndim == 2]
    digits = load("mnist-5k")
    assert (spec.dataset.name, spec.training.epochs) == ("mnist-5k", 1)
    # Of all training images, those kept back for validation too: their mean and spread hardly differ from the others'.
    pixels = digits.x_train.double() / 255
    inputs = ((digits.x_test.double() / 255 - pixels.mean()) / pixels.std()).flatten(1).float()
    hidden = functional.linear(inputs, matrices[0], biases[0]).relu()
    outputs = functional.linear(hidden, matrices[1], biases[1])
    accuracy = (outputs.argmax(1) == digits.y_test).double().mean().item()
    assert accuracy == pytest.approx(found["test_accuracy"], abs=0.004)
    assert functional.cross_entropy(outputs, digits.y_test).item() == pytest.approx(found["test_loss"], abs=0.004)


def test_a_spec_file_is_trained_and_the_options_change_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(preset("two-layers-sgd").run.to_json(), encoding="utf-8")
    found = trained(capsys, "--spec", str(file), "--seed", "5")
    assert (found["preset"], found["seed"], found["epochs"], found["dataset"]) == (None, 5, 1, "mnist-5k")
    assert found["num_parameters"] == 784 * 64 + 64 + 64 * 10 + 10


def test_without_json_the_results_are_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(QUICK) == 0
    out, err = capsys.readouterr()
    assert "of the 1,000 test images of mnist-5k are read right" in out
    assert err.startswith("Epoch 1/1: loss")
    assert "\r" not in err


def test_a_diverging_run_ends_with_its_diagnosis_and_without_weights(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = json.loads(preset("two-layers-sgd").run.to_json())
    run["training"]["optimizer"]["learning_rate"] = 10.0
    run["training"]["loss"] = {"kind": "mean_squared_error"}
    spec, weights = tmp_path / "run.json", tmp_path / "weights.safetensors"
    spec.write_text(json.dumps(run), encoding="utf-8")
    assert main([*QUICK, "--json", "--spec", str(spec), "--save", str(weights)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Lower the learning rate" in err
    assert not weights.exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--preset", "first-netwrok"], "There is no preset 'first-netwrok'. There are: first-network,"),
        (["--dataset", "minst"], "Did you mean 'mnist'?"),
        (["--epochs", "0"], "'0' is not a whole number from 1 to 200"),
        (["--epochs", "201"], "'201' is not a whole number from 1 to 200"),
        (["--epochs", "many"], "'many' is not a whole number"),
        (["--seed", "-1"], "'-1' is not a whole number from 0"),
        (["--threads", "0"], "'0' is not a whole number from 1"),
        (["--preset", "lenet-5", "--spec", "run.json"], "not allowed with argument"),
        (["--spec", "/nowhere/run.json"], "--spec /nowhere/run.json: The file cannot be read (No such file or directory)."),
        (["--spec", "/"], "--spec /: The file cannot be read"),
        (["--save", "digits.pt"], "It must end with '.safetensors'."),
        (["--save", "/nowhere/digits.safetensors"], "there is no folder /nowhere"),
        (["--dataset", "emnist-letters"], "EMNIST letters is not on this computer"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], part: str) -> None:
    assert part in refused(capsys, "train", *arguments)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"not json", "It is no JSON"),
        (b"\xff\xfe\x00", "This is no text."),
        (b'{"training": {"epochs": -4}}', "training.epochs"),
        (b"{" * 1_000_001, "At most 1,000,000 are read."),
        (b'{"network": {"layers": []}}', "The network has no layers."),
    ],
)
def test_a_wrong_spec_file_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, part: str
) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(content)
    assert part in refused(capsys, "train", "--spec", str(file))


def test_a_missing_data_set_is_never_replaced_and_the_mend_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    message = refused(capsys, "train")
    assert "MNIST is not on this computer yet." in message
    assert "python -m playground data download mnist" in message
    assert "--dataset mnist-5k" in message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_a_run_without_a_traceback() -> None:
    command = [sys.executable, "-m", "playground", "train", "--dataset", "mnist-5k", "--epochs", "200", "--threads", "1"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}

    def allow_interrupts() -> None:  # what a shell starts in the background ignores them, and hands that on
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(command, cwd=ROOT, preexec_fn=allow_interrupts, **pipes) as process:
        assert process.stderr
        try:
            assert process.stderr.readline().startswith("Epoch 1/200")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err


def test_a_table_is_trained_with_a_network_fitted_to_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "iris.safetensors"
    assert main(["train", "--dataset", "iris", "--epochs", "30", "--threads", "1", "--json", "--save", str(file)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["dataset"], found["task"], found["test_rows"], found["train_rows"]) == ("iris", "classification", 30, 108)
    assert found["test_accuracy"] > 0.8 and not any("images" in key for key in found)
    assert "Fitted to Iris: Flatten, Dense 128, Dense 3" in err
    assert "of the 30 test rows of iris are told right" in err and "rows/s" in err and "image" not in err
    with safe_open(file, "pt") as content:
        weights = [content.get_tensor(name) for name in sorted(content.keys())]
        mean, spread = (json.loads(content.metadata()[name]) for name in ("mean", "spread"))
    iris = load("iris")
    inputs = ((iris.x_test.double() - torch.tensor(mean)) / torch.tensor(spread)).float()
    biases, matrices = [w for w in weights if w.ndim == 1], [w for w in weights if w.ndim == 2]
    outputs = functional.linear(functional.linear(inputs, matrices[0], biases[0]).relu(), matrices[1], biases[1])
    assert (outputs.argmax(1) == iris.y_test).double().mean().item() == pytest.approx(found["test_accuracy"])


def test_a_number_is_told_with_its_r2_and_how_far_off_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec, weights = tmp_path / "run.json", tmp_path / "diabetes.safetensors"
    run = json.loads(preset("first-network").run.to_json())
    run["network"]["layers"] = [{"kind": "dense", "units": 1, "activation": {"kind": "identity"}}]
    run["training"] |= {"loss": {"kind": "mean_squared_error"}, "augmentation": [], "epochs": 150}
    run["dataset"] |= {"name": "diabetes"}
    spec.write_text(json.dumps(run), encoding="utf-8")
    assert main(["train", "--spec", str(spec), "--threads", "1", "--json", "--save", str(weights)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    with safe_open(weights, "pt") as content:
        (bias,), (matrix,) = ([t for t in map(content.get_tensor, content.keys()) if t.ndim == size] for size in (1, 2))
        names = ("mean", "spread", "target_mean", "target_spread")
        scale = {name: torch.tensor(json.loads(content.metadata()[name])) for name in names}
    table = load("diabetes")
    said = functional.linear((table.x_test - scale["mean"]) / scale["spread"], matrix, bias)
    said = said * scale["target_spread"] + scale["target_mean"]
    assert r2_score(table.y_test, said) == pytest.approx(found["test_r2"], abs=1e-4)
    assert mean_absolute_error(table.y_test, said) == pytest.approx(found["test_mae"], rel=1e-4)
    assert found["test_r2"] > 0.35 and "test_accuracy" not in found
    assert f"R² is {found['test_r2']:.4f} on the 88 test rows of diabetes" in err
    assert 10 < err.count("\nEpoch ") < 25 and "Epoch 150/150: loss" in err  # of so many, some


def test_points_are_trained_from_a_spec_with_both_losses_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "run.json"
    run = PLANE_PRESETS[0].run
    run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": 20})})
    spec.write_text(run.to_json(), encoding="utf-8")
    assert main(["train", "--spec", str(spec), "--threads", "1"]) == 0
    out, err = capsys.readouterr()
    assert f"test points of {run.dataset.name} are told right" in out
    assert "; test loss" in err.splitlines()[-1]
