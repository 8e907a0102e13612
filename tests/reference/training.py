"""Training as one would write it down: a loop over examples in numpy and torch, one thing at a time."""

import numpy as np
import torch

from pynoise import networks, seeds
from pynoise.training.split import split_rows


def normalised(x, train):
    """Images [n, H, W(, C)] as float32 [n, C, H, W], by the mean and deviation of all training pixels."""
    x, train = (a[..., None] if a.ndim == 3 else a for a in (x, train))
    mean = train.astype(np.float64).mean(axis=(0, 1, 2)).astype(np.float32)
    std = train.astype(np.float64).std(axis=(0, 1, 2)).astype(np.float32)
    return ((x.astype(np.float32) - mean) * (1 / std)).transpose(0, 3, 1, 2)


def augmented(image, margin, down, right, mirrored):
    """One image [H, W, C], mirrored or not, out of its padded self."""
    height, width, _ = image.shape
    padded = np.zeros((height + 2 * margin, width + 2 * margin, image.shape[2]), image.dtype)
    padded[margin : margin + height, margin : margin + width] = image
    result = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            source = width - 1 - column if mirrored else column
            result[row, column] = padded[row + down, source + right]
    return result


def train(data, labels, name, seed, *, epochs, batch, rate, share):
    """Weights after plain SGD with momentum 0.9 and half a cosine."""
    x = torch.from_numpy(normalised(data.x_train, data.x_train))
    net = networks.make(name, data.num_classes, tuple(x.shape[1:]), seed=seed)
    net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), rate, momentum=0.9, weight_decay=5e-4)
    rows, _ = split_rows(len(x), share, seed)
    rows, labels = torch.tensor(rows), torch.tensor(labels).long()
    steps = -(-len(rows) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    for epoch in range(epochs):
        generator = torch.Generator().manual_seed(seeds.split(seed, "batches", epoch))
        order = rows[torch.randperm(len(rows), generator=generator)]
        for chosen in order.split(batch):
            optimizer.zero_grad()
            inputs = x[chosen].to(memory_format=torch.channels_last)
            torch.nn.functional.cross_entropy(net(inputs), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return net.state_dict()
