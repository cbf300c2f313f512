"""The least that training can be: float images ready in memory, a permutation an epoch, a fused optimizer."""

import torch
import turns
from torch.nn import functional
from torch_network import network, num_parameters

from playground import data


def main():
    chosen = turns.arguments()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    digits = data.load("mnist")
    images = ((digits.x_train[: chosen.images].float() / 255) - 0.1307) / 0.3081
    labels = digits.y_train[: chosen.images]
    model = network(chosen.network)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def train_epoch():
        loss_sum = torch.zeros(())
        for indices in torch.randperm(len(images)).split(chosen.batch_size):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(images[indices]), labels[indices])
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(indices)
        return len(images), loss_sum / len(images)

    turns.take_turns(train_epoch, num_parameters=num_parameters(model), threads=torch.get_num_threads(), torch=torch.__version__)


main()
