"""The tutorial "track models and datasets": five runs, four artifacts, one graph.

    python examples/mnist_pipeline.py                     # real handwritten digits that scikit-learn carries
    python examples/mnist_pipeline.py --data DIR          # MNIST's own IDX files
    python examples/mnist_pipeline.py --no-normalize      # again, otherwise: new versions beside the old ones

`load-data` makes mnist-raw; `preprocess-data` makes mnist-preprocess from it; `initialize` makes convnet; `train`
makes trained-model from both; `report` tests it and logs the images it finds hardest. The only line that knows of
Museion is the import: with `import wandb` the same script runs against W&B.
"""

from __future__ import annotations

import argparse
import gzip
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import museion as wandb

PROJECT = "artifacts-example"
SPLITS = ("training", "validation", "test")
CONVNET = {
    "hidden_layer_sizes": [32, 64],
    "kernel_sizes": [3, 3],
    "activation": "ReLU",
    "pool_sizes": [2, 2],
    "dropout": 0.5,
    "num_classes": 10,
}
Split = tuple[Tensor, Tensor]


class ConvNet(nn.Module):
    """Two convolutions with pooling, dropout, and a linear read-out; its arguments are a run's config."""

    def __init__(
        self,
        hidden_layer_sizes: list[int],
        kernel_sizes: list[int],
        activation: str,
        pool_sizes: list[int],
        dropout: float,
        num_classes: int,
        num_channels: int = 1,
        side: int = 28,
    ) -> None:
        super().__init__()
        act = getattr(nn, activation)
        widths = [num_channels, *hidden_layer_sizes]
        layers: list[nn.Module] = []
        for before, after, kernel, pool in zip(widths, widths[1:], kernel_sizes, pool_sizes, strict=False):
            layers += [nn.Conv2d(before, after, kernel), act(), nn.MaxPool2d(pool)]
            side = (side - kernel + 1) // pool
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(widths[-1] * side**2, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(self.classify(self.features(x)), dim=1)


# ---- data: two sources of the same shape ----------------------------------------------------------------------------


def load_digits() -> list[Split]:
    """scikit-learn's 1,797 real digits, 8×8, scaled to 28×28 bytes and split 1,297 / 250 / 250."""
    from sklearn.datasets import load_digits as sklearn_digits

    data = sklearn_digits()
    small = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) * (255 / 16)
    images = F.interpolate(small, size=(28, 28), mode="bilinear").squeeze(1).clamp(0, 255).byte()
    labels = torch.tensor(data.target, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    return split(images[order], labels[order], test=250)


def load_idx(folder: Path) -> list[Split]:
    """MNIST's four files, plain or gzipped; the last 5,000 training images validate."""
    images, labels = (read_idx(folder, f"train-{kind}") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    test = tuple(read_idx(folder, f"t10k-{kind}") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    return [
        (images[:-5000], labels[:-5000].long()),
        (images[-5000:], labels[-5000:].long()),
        (test[0], test[1].long()),
    ]


def read_idx(folder: Path, name: str) -> Tensor:
    """An IDX file: two zero bytes, a type, the number of dimensions, their sizes, the bytes."""
    plain, packed = folder / name, folder / f"{name}.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.is_file() else plain.read_bytes()
    if data[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{plain} is not an IDX file of bytes.")
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.frombuffer(bytearray(data[4 + 4 * data[3] :]), dtype=torch.uint8).reshape(sizes)


def split(images: Tensor, labels: Tensor, test: int) -> list[Split]:
    cuts = [len(labels) - 2 * test, test, test]
    return list(zip(images.split(cuts), labels.split(cuts), strict=True))


def read_split(folder: str, name: str) -> TensorDataset:
    images, labels = torch.load(Path(folder) / f"{name}.pt", weights_only=True)
    return TensorDataset(images, labels)


# ---- the five runs --------------------------------------------------------------------------------------------------


def load_and_log(data: Path | None) -> None:
    with wandb.init(project=PROJECT, job_type="load-data") as run:
        splits = load_idx(data) if data else load_digits()
        raw = wandb.Artifact(
            "mnist-raw",
            type="dataset",
            description="Raw handwritten digits, split in three",
            metadata={"source": str(data or "sklearn.datasets"), "sizes": [len(labels) for _, labels in splits]},
        )
        for name, tensors in zip(SPLITS, splits, strict=True):
            with raw.new_file(name + ".pt", mode="wb") as file:
                torch.save(tensors, file)
        run.log_artifact(raw)


def preprocess_and_log(normalize: bool) -> None:
    steps = {"normalize": normalize, "expand_dims": True}
    with wandb.init(project=PROJECT, job_type="preprocess-data", config=steps) as run:
        processed = wandb.Artifact(
            "mnist-preprocess", type="dataset", description="Digits ready for a network", metadata=steps
        )
        folder = run.use_artifact("mnist-raw:latest").download()
        for name in SPLITS:
            images, labels = read_split(folder, name).tensors
            with processed.new_file(name + ".pt", mode="wb") as file:
                torch.save((preprocess(images, **steps), labels), file)
        run.log_artifact(processed)


def preprocess(images: Tensor, normalize: bool, expand_dims: bool) -> Tensor:
    pixels = images.float() / 255 if normalize else images.float()
    return pixels.unsqueeze(1) if expand_dims else pixels


def build_and_log(seed: int) -> None:
    with wandb.init(project=PROJECT, job_type="initialize", config=CONVNET) as run:
        torch.manual_seed(seed)
        model = ConvNet(**run.config)
        artifact = wandb.Artifact(
            "convnet", type="model", description="A small convolutional network, untrained", metadata=dict(run.config)
        )
        with artifact.new_file("initialized_model.pth", mode="wb") as file:
            torch.save(model.state_dict(), file)
        wandb.save("*.pth")
        run.log_artifact(artifact)


def train_and_log(settings: dict[str, object], seed: int) -> None:
    with wandb.init(project=PROJECT, job_type="train", config=settings) as run:
        config = run.config
        torch.manual_seed(seed)
        data = run.use_artifact("mnist-preprocess:latest").download()
        start = run.use_artifact("convnet:latest")
        weights = Path(start.download()) / "initialized_model.pth"
        model_config = start.metadata
        config.update(model_config)
        model = ConvNet(**model_config)
        model.load_state_dict(torch.load(weights, weights_only=True))
        train(model, read_split(data, "training"), read_split(data, "validation"), config)
        trained = wandb.Artifact(
            "trained-model", type="model", description="The network after training", metadata=dict(model_config)
        )
        with trained.new_file("trained_model.pth", mode="wb") as file:
            torch.save(model.state_dict(), file)
        run.log_artifact(trained)


def train(model: ConvNet, training: TensorDataset, validation: TensorDataset, config: wandb.Config) -> None:
    optimizer = getattr(torch.optim, config.optimizer)(model.parameters(), lr=config.learning_rate)
    loader = DataLoader(training, batch_size=config.batch_size, shuffle=True)
    seen = 0
    for epoch in range(config.epochs):
        model.train()
        for number, (images, labels) in enumerate(loader):
            loss = F.nll_loss(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(labels)
            if number % config.batch_log_interval == 0:
                wandb.log({"epoch": epoch, "train/loss": loss}, step=seen)
        loss, accuracy = test(model, validation)
        wandb.log({"epoch": epoch, "validation/loss": loss, "validation/accuracy": accuracy}, step=seen)
        print(f"epoch {epoch}: validation loss {loss:.3f}, accuracy {accuracy:.1%}")


@torch.no_grad()
def test(model: ConvNet, data: TensorDataset) -> tuple[float, float]:
    model.eval()
    images, labels = data.tensors
    scores = model(images)
    right = (scores.argmax(1) == labels).float().mean()
    return F.nll_loss(scores, labels).item(), right.item()


def evaluate_and_log(settings: dict[str, object]) -> None:
    with wandb.init(project=PROJECT, job_type="report", config=settings) as run:
        data = run.use_artifact("mnist-preprocess:latest").download()
        trained = run.use_artifact("trained-model:latest")
        model = ConvNet(**trained.metadata)
        weights = Path(trained.download()) / "trained_model.pth"
        model.load_state_dict(torch.load(weights, weights_only=True))
        testing = read_split(data, "test")
        loss, accuracy = test(model, testing)
        run.summary.update({"loss": loss, "accuracy": accuracy})
        images, guesses, labels = hardest(model, testing, 32)
        captions = [f"{guess} is really {label}" for guess, label in zip(guesses, labels, strict=True)]
        wandb.log({"high-loss-examples": [wandb.Image(i, caption=c) for i, c in zip(images, captions, strict=True)]})
        print(f"test loss {loss:.3f}, accuracy {accuracy:.1%}")


@torch.no_grad()
def hardest(model: ConvNet, data: TensorDataset, k: int) -> tuple[np.ndarray, list[int], list[int]]:
    """The `k` images with the highest loss, what the model takes them for, and what they are."""
    images, labels = data.tensors
    scores = model(images)
    worst = F.nll_loss(scores, labels, reduction="none").argsort(descending=True)[:k]
    return images[worst].numpy(), scores[worst].argmax(1).tolist(), labels[worst].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with MNIST's IDX files")
    parser.add_argument("--normalize", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args()
    random.seed(args.seed)
    settings = {"batch_size": 64, "epochs": args.epochs, "batch_log_interval": 5, "optimizer": "Adam"}
    load_and_log(args.data)
    preprocess_and_log(args.normalize)
    build_and_log(args.seed)
    train_and_log({**settings, "learning_rate": 2e-3}, args.seed)
    evaluate_and_log(settings)


if __name__ == "__main__":
    main()
