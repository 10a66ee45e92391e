"""Label smoothing in PyTorch, on the network, the budget and the number of images of our suite iid-cifar-10-5k.

A second opinion on resources/claims/label-smoothing.json: the paper's ordering of accuracies does not come out there. Rows, order and initial
values are PyTorch's own, so single numbers differ from ours; means over seeds compare.

    pip install torch==2.15.0 numpy
    python label_smoothing.py <folder with data_batch_1.bin and test_batch.bin> --seeds 5 > label_smoothing.json
"""

import argparse
import datetime
import json
import math
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy
import torch
from torch import nn

TRAINING_ROWS, TEST_ROWS, EPOCHS, BATCH, RATE = 4500, 2000, 40, 50, 0.05
SMOOTHINGS = (0.0, 0.1)


def images(file: Path) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Pixels [rows, 3, 32, 32] in 0 to 1, and labels [rows], of a file of CIFAR-10's binary version."""
    rows = numpy.fromfile(file, dtype=numpy.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255, rows[:, 0].astype(numpy.int64)


def network() -> nn.Sequential:
    """Convolutions 8-8-16-16 and a dense layer of 64, each with batch norm; He's initial values."""
    block = lambda i, o: (nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
    net = nn.Sequential(*block(3, 8), *block(8, 8), nn.MaxPool2d(2), *block(8, 16), *block(16, 16), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Linear(1024, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    for layer in net:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return net


def calibration_error(sure: torch.Tensor, right: torch.Tensor, bins: int = 15) -> float:
    """Expected calibration error over equal bins of the largest probability."""
    total = 0.0
    for low in range(bins):
        inside = (sure > low / bins) & (sure <= (low + 1) / bins)
        if inside.any():
            total += inside.float().mean().item() * abs(sure[inside].mean().item() - right[inside].float().mean().item())
    return total


def run(folder: str, seed: int, smoothing: float) -> dict:
    """Trains one network and measures it on the first test images."""
    torch.set_num_threads(1)
    x, y = images(Path(folder) / "data_batch_1.bin")
    x_test, y_test = (part[:TEST_ROWS] for part in images(Path(folder) / "test_batch.bin"))
    kept = numpy.random.RandomState(0).permutation(len(x))[:TRAINING_ROWS]
    x, y = x[kept], torch.tensor(y[kept])
    mean, deviation = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
    x, x_test, y_test = torch.tensor((x - mean) / deviation), torch.tensor((x_test - mean) / deviation), torch.tensor(y_test)

    torch.manual_seed(seed)
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loss_of = nn.CrossEntropyLoss(label_smoothing=smoothing)
    step, steps = 0, EPOCHS * (TRAINING_ROWS // BATCH)
    for _ in range(EPOCHS):
        for rows in torch.randperm(TRAINING_ROWS).split(BATCH):
            for group in optimiser.param_groups:
                group["lr"] = RATE * (1 + math.cos(math.pi * step / steps)) / 2
            step += 1
            optimiser.zero_grad()
            loss_of(net(x[rows]), y[rows]).backward()
            optimiser.step()

    net.eval()
    with torch.no_grad():
        logits = net(x_test)
        sure, chosen = logits.softmax(1).max(1)
        right = chosen == y_test
        return {"seed": seed, "smoothing": smoothing, "accuracy": round(right.float().mean().item(), 4),
                "nll": round(nn.functional.cross_entropy(logits, y_test).item(), 4), "ece15": round(calibration_error(sure, right), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        wanted = [(options.folder, seed, smoothing) for seed in range(options.seeds) for smoothing in SMOOTHINGS]
        runs = list(pool.map(run, *zip(*wanted)))
    means = {str(smoothing): {name: round(sum(one[name] for one in runs if one["smoothing"] == smoothing) / options.seeds, 4) for name in ("accuracy", "nll", "ece15")} for smoothing in SMOOTHINGS}
    print(json.dumps({"command": f"python label_smoothing.py <CIFAR-10, binary version> --seeds {options.seeds}", "date": datetime.date.today().isoformat(),
                      "versions": {"torch": torch.__version__, "numpy": numpy.__version__}, "means": means, "runs": runs}, indent=1))


if __name__ == "__main__":
    main()
