"""What all tests share: one thread, so that numbers repeat to the bit and tests do not crowd each other out; and a folder of
their own for the runs that they keep."""

import os
import tempfile

import torch

torch.set_num_threads(1)
os.environ["PLAYGROUND_RUNS_DIR"] = tempfile.mkdtemp(prefix="playground-runs-")
os.environ.pop("PLAYGROUND_DATABASE_URL", None)
