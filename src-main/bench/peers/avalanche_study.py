"""Class-IL Split-MNIST in Avalanche as its users run it, for the row study/split-mnist-avalanche.

Five tasks of two classes in order, MLP 784-400-400-10, four epochs a task, batch 128, Adam 1e-3, evaluation on all tasks after each, no
logging. Runs the methods named one after the other and prints a line {"method", "seconds", "accuracy", "tasks"} for each as soon as it is
done; the seconds leave out start-up and reading the files.
"""
import argparse
import gzip
import json
import os
import shutil
import time

FILES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True, help="folder with MNIST's published files, packed or not")
    parser.add_argument("--root", required=True, help="folder to unpack them into, as torchvision wants them")
    parser.add_argument("--methods", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    if hasattr(os, "nice"):
        os.nice(10)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    unpack(options.images, options.root)

    import torch
    from avalanche.benchmarks.classic import SplitMNIST
    from avalanche.evaluation.metrics import accuracy_metrics
    from avalanche.models import SimpleMLP
    from avalanche.training.plugins import EvaluationPlugin
    from avalanche.training.supervised import EWC, Naive, Replay, SynapticIntelligence

    torch.set_num_threads(options.threads)
    # The strengths of the program's own settings for Split-MNIST class-IL (Hsu et al. 2018); Avalanche's EWC has no factor one half.
    strategies = {
        "naive": (Naive, {}),
        "ewc": (EWC, {"ewc_lambda": 600.0}),
        "si": (SynapticIntelligence, {"si_lambda": 600.0, "eps": 0.1}),
        "replay": (Replay, {"mem_size": 1100}),
    }
    benchmark = SplitMNIST(n_experiences=5, return_task_id=False, fixed_class_order=list(range(10)), dataset_root=options.root)
    for method in options.methods.split(","):
        torch.manual_seed(options.seed)
        strategy, extra = strategies[method]
        model = SimpleMLP(num_classes=10, input_size=784, hidden_size=400, hidden_layers=2, drop_rate=0)
        run = strategy(
            model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), criterion=torch.nn.CrossEntropyLoss(),
            train_mb_size=128, train_epochs=options.epochs, eval_mb_size=1024, device="cpu",
            evaluator=EvaluationPlugin(accuracy_metrics(experience=True), loggers=[]), **extra,
        )
        started = time.perf_counter()
        for experience in benchmark.train_stream:
            run.train(experience)
            measured = run.eval(benchmark.test_stream)
        seconds = time.perf_counter() - started
        tasks = [float(value) for name, value in sorted(measured.items()) if name.startswith("Top1_Acc_Exp/eval_phase/test_stream")]
        print(json.dumps({"method": method, "seconds": seconds, "accuracy": sum(tasks) / len(tasks), "tasks": tasks}), flush=True)


def unpack(images, root):
    raw = os.path.join(root, "MNIST", "raw")
    os.makedirs(raw, exist_ok=True)
    for name in FILES:
        target, packed = os.path.join(raw, name), os.path.join(images, name + ".gz")
        if os.path.exists(target):
            continue
        with (gzip.open(packed) if os.path.exists(packed) else open(os.path.join(images, name), "rb")) as source, open(f"{target}.{os.getpid()}.part", "wb") as out:
            shutil.copyfileobj(source, out)
        os.replace(f"{target}.{os.getpid()}.part", target)


if __name__ == "__main__":
    main()
