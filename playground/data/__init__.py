"""The data sets, in memory as uint8 tensors: `load("mnist")`, and what can be known before loading."""

from playground.data.dataset import Dataset
from playground.data.registry import SOURCES, data_folder, is_available, load, source, status
from playground.data.sources import Source, SourceStatus

__all__ = ["SOURCES", "Dataset", "Source", "SourceStatus", "data_folder", "is_available", "load", "source", "status"]
