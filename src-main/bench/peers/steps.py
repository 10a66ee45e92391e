"""Training steps of one network in one library, as fast as that library does them, for the rows step/*.

Started once per contestant and kept: it warms up, prints {"ready": ...}, and then answers every line {"seconds": s} with
{"steps": n, "seconds": t, "cpu": c}: n steps took t seconds of wall time and c seconds of processor time of this process.
Batches are drawn on the host and gathered anew each step from resident data, as our own side does.
"""
import argparse
import json
import os
import sys
import time

BATCH = 128
# Steps between two looks at the clock; a convolutional network takes long for one.
CHUNK = {"mlp": 48, "cnn": 2}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", choices=["torch", "torch-compile", "jax-jit", "jax-scan"], required=True)
    parser.add_argument("--network", required=True, help="mlp-784-400-400-10 or cnn-32-32-64-64")
    parser.add_argument("--optimiser", choices=["sgd", "adam"], required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--images", help="a gzipped IDX file of images, of which the first rows are taken; uniform noise where it is not given")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()

    # Trial workers run at this priority; a peer that did not would win whatever else runs on the machine.
    if hasattr(os, "nice"):
        os.nice(10)
    limit_threads(options.threads)

    import numpy as np

    kind, *sizes = options.network.split("-")
    sizes = [int(size) for size in sizes]
    width = sizes[0] if kind == "mlp" else 32 * 32 * 3
    random = np.random.default_rng(1)
    images = read_images(options.images, options.rows, width) if options.images else random.random((options.rows, width), dtype=np.float32)
    labels = random.integers(0, 10, options.rows).astype(np.int64)
    chunk = CHUNK[kind]

    if options.library.startswith("torch"):
        train, versions = torch_steps(options, kind, sizes, images, labels)
    else:
        train, versions = jax_steps(options, kind, sizes, images, labels, chunk)
    free_threads()

    order = random.permutation(options.rows)
    place = 0

    def batches():
        nonlocal order, place
        taken = []
        for _ in range(chunk):
            if place + BATCH > len(order):
                order, place = random.permutation(options.rows), 0
            taken.append(order[place:place + BATCH])
            place += BATCH
        return np.stack(taken)

    answer_paces(lambda: train(batches()), chunk, 1.0, versions)


def read_images(path, rows, width):
    """The first rows of an IDX file of bytes, as numbers from 0 to 1."""
    import gzip

    import numpy as np

    with gzip.open(path) as file:
        file.read(16)
        pixels = np.frombuffer(file.read(rows * width), np.uint8)
    return pixels.reshape(rows, width).astype(np.float32) / 255


def answer_paces(advance, steps_each, warm_up, versions):
    """Warms up, says that it is ready, and then answers each line `{"seconds": s}` with what so many seconds of `advance` came to."""

    def run(seconds):
        started, processor = time.perf_counter(), time.process_time()
        steps = 0
        while True:
            advance()
            steps += steps_each
            passed = time.perf_counter() - started
            if passed >= seconds:
                return {"steps": steps, "seconds": passed, "cpu": time.process_time() - processor}

    run(warm_up)
    answer({"ready": True, "versions": versions})
    for line in sys.stdin:
        answer(run(json.loads(line)["seconds"]))


def limit_threads(threads):
    """Thread pools are made while only so many processors are allowed: the one way that every library obeys (Linux)."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def free_threads():
    """Every thread may run anywhere again: how many there are was the point, not where they run."""
    if not hasattr(os, "sched_setaffinity") or not os.path.isdir("/proc/self/task"):
        return
    everywhere = set(range(os.cpu_count() or 1))
    for thread in os.listdir("/proc/self/task"):
        try:
            os.sched_setaffinity(int(thread), everywhere)
        except OSError:
            pass


def torch_steps(options, kind, sizes, images, labels):
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    if kind == "mlp":
        layers = []
        for units, following in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(units, following), nn.ReLU()]
        model = nn.Sequential(*layers[:-1])
        shape = None
    else:
        layers, channels = [], 3
        for index, filters in enumerate(sizes):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            if index % 2 == 1:
                layers.append(nn.MaxPool2d(2))
            channels = filters
        side = 32 >> (len(sizes) // 2)
        # Images are stored with channels last, which PyTorch's convolutions prefer on a processor.
        model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(side * side * channels, 256), nn.ReLU(), nn.Linear(256, 10)).to(memory_format=torch.channels_last)
        shape = (32, 32, 3)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    # `fused` is the fastest form of both optimisers on a processor.
    if options.optimiser == "adam":
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    else:
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, fused=True)

    def loss_of(inputs, targets):
        return functional.cross_entropy(model(inputs), targets)

    if options.library == "torch-compile":
        loss_of = torch.compile(loss_of, dynamic=False)

    def train(orders):
        for rows in torch.from_numpy(orders):
            inputs = x.index_select(0, rows)
            if shape is not None:
                inputs = inputs.view(-1, *shape).permute(0, 3, 1, 2)
            optimiser.zero_grad(set_to_none=True)
            loss_of(inputs, y.index_select(0, rows)).backward()
            optimiser.step()

    return train, {"torch": torch.__version__}


def jax_steps(options, kind, sizes, images, labels, chunk):
    from functools import partial

    import jax
    import jax.numpy as jnp
    import numpy as np

    random = np.random.default_rng(2)

    def uniform(shape, inputs):
        bound = inputs ** -0.5
        return jnp.asarray(random.uniform(-bound, bound, shape).astype(np.float32))

    if kind == "mlp":
        parameters = [(uniform((a, b), a), uniform((b,), a)) for a, b in zip(sizes[:-1], sizes[1:])]

        def logits_of(values, x):
            for kernel, bias in values[:-1]:
                x = jax.nn.relu(x @ kernel + bias)
            kernel, bias = values[-1]
            return x @ kernel + bias
    else:
        depths = [3, *sizes]
        parameters = [(uniform((3, 3, a, b), 9 * a), uniform((b,), 9 * a)) for a, b in zip(depths[:-1], depths[1:])]
        side = 32 >> (len(sizes) // 2)
        flat = side * side * depths[-1]
        parameters += [(uniform((flat, 256), flat), uniform((256,), flat)), (uniform((256, 10), 256), uniform((10,), 256))]

        def logits_of(values, x):
            x = x.reshape(-1, 32, 32, 3)
            for index, (kernel, bias) in enumerate(values[:-2]):
                x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
                x = jax.nn.relu(x + bias)
                if index % 2 == 1:
                    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            x = x.reshape(x.shape[0], -1)
            (first, first_bias), (last, last_bias) = values[-2:]
            return jax.nn.relu(x @ first + first_bias) @ last + last_bias

    def loss_of(values, x, y):
        logits = logits_of(values, x)
        return jnp.mean(jax.nn.logsumexp(logits, axis=1) - jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0])

    x, y = jnp.asarray(images), jnp.asarray(labels.astype(np.int32))
    zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros(), zeros(), jnp.float32(0)) if options.optimiser == "adam" else (parameters,)

    def step(state, x, y, rows):
        gradients = jax.grad(loss_of)(state[0], x[rows], y[rows])
        if options.optimiser == "sgd":
            return (jax.tree.map(lambda p, g: p - 0.01 * g, state[0], gradients),)
        values, first, second, count = state
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-3 * jnp.sqrt(1 - 0.999 ** count) / (1 - 0.9 ** count)
        values = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), values, first, second)
        return (values, first, second, count)

    if options.library == "jax-jit":
        advance = partial(jax.jit, donate_argnums=0)(step)

        def train(orders):
            nonlocal state
            # Calls return before they are done; waiting once a chunk lets the host run ahead.
            for rows in orders.astype(np.int32):
                state = advance(state, x, y, rows)
            jax.block_until_ready(state)
    else:
        @partial(jax.jit, donate_argnums=0)
        def advance(state, x, y, orders):
            return jax.lax.scan(lambda carried, rows: (step(carried, x, y, rows), None), state, orders)[0]

        def train(orders):
            nonlocal state
            state = advance(state, x, y, orders.astype(np.int32))
            jax.block_until_ready(state)

    return train, {"jax": jax.__version__, "jaxlib": __import__("jaxlib").__version__}


def answer(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
