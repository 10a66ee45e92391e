"""The matrix products of one training step of a dense network, nothing else, in one library: what the row bound/* compares with.

Speaks the language of steps.py; `steps` are sets of products.
"""
import argparse
import os

from steps import answer_paces, free_threads, limit_threads

BATCH = 128


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", choices=["numpy", "torch", "jax"], required=True)
    parser.add_argument("--sizes", required=True, help="784-400-400-10")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    if hasattr(os, "nice"):
        os.nice(10)
    limit_threads(options.threads)

    import numpy as np

    random = np.random.default_rng(1)
    matrix = lambda *shape: random.random(shape, dtype=np.float32)
    sizes = [int(size) for size in options.sizes.split("-")]
    products = []
    for index, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        inputs, kernel, gradient = matrix(BATCH, a), matrix(a, b), matrix(BATCH, b)
        products += [(inputs, kernel), (inputs.T, gradient)]
        if index > 0:
            products.append((gradient, kernel.T))
    everything, version = LIBRARIES[options.library](products, options.threads)
    free_threads()

    def sixteen():
        for _ in range(16):
            everything()

    answer_paces(sixteen, 16, 0.5, version)


def with_numpy(products, _threads):
    import numpy as np

    # Results go to memory that is there already: what is measured is arithmetic.
    places = [(a, b, np.empty((a.shape[0], b.shape[1]), np.float32)) for a, b in products]

    def everything():
        for a, b, out in places:
            np.matmul(a, b, out=out)

    return everything, {"numpy": np.__version__}


def with_torch(products, threads):
    import torch

    torch.set_num_threads(threads)
    # from_numpy keeps a transposed view transposed, as a backward pass sees it.
    places = [(torch.from_numpy(a), torch.from_numpy(b), torch.empty(a.shape[0], b.shape[1])) for a, b in products]

    def everything():
        for a, b, out in places:
            torch.mm(a, b, out=out)

    return everything, {"torch": torch.__version__}


def with_jax(products, _threads):
    import jax
    import jax.numpy as jnp

    # Transposed operands are transposed inside, where the compiler folds it into the product.
    plain = [(jnp.asarray(a.T if a.flags.f_contiguous else a), jnp.asarray(b.T if b.flags.f_contiguous else b)) for a, b in products]
    flipped = [(a.flags.f_contiguous, b.flags.f_contiguous) for a, b in products]
    together = jax.jit(lambda pairs: [(a.T if ta else a) @ (b.T if tb else b) for (a, b), (ta, tb) in zip(pairs, flipped)])

    def everything():
        jax.block_until_ready(together(plain))

    return everything, {"jax": jax.__version__}


LIBRARIES = {"numpy": with_numpy, "torch": with_torch, "jax": with_jax}

if __name__ == "__main__":
    main()
