"""The loop of most PyTorch tutorials: torchvision's data set with transforms, a DataLoader, `loss.item()` each batch."""

import torch
import turns
from torch import nn
from torch.utils.data import DataLoader, Subset
from torch_network import network, num_parameters

from playground.torchvision_compat import import_torchvision


def main():
    import_torchvision()
    from torchvision import datasets, transforms

    chosen = turns.arguments()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    digits = datasets.MNIST(chosen.data, train=True, download=False, transform=transform)
    loader = DataLoader(Subset(digits, range(chosen.images)), batch_size=chosen.batch_size, shuffle=True)
    model = network(chosen.network)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def train_epoch():
        model.train()
        loss_sum, right = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            outputs = model(images)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            right += (outputs.argmax(1) == labels).sum().item()
        return chosen.images, loss_sum / chosen.images

    turns.take_turns(train_epoch, num_parameters=num_parameters(model), threads=torch.get_num_threads(), torch=torch.__version__)


main()
