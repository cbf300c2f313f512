"""What all tests share: one thread, so that numbers repeat to the bit and tests do not crowd each other out."""

import torch

torch.set_num_threads(1)
