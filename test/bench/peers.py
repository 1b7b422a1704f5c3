"""Ray's native driver and Dask distributed on the measurements of tasks.mjs, with two worker processes on two CPUs.

usage: peers.py ray|dask

Prints JSON: noopPerSecond (10,000 tasks that do nothing), treePerSecond (8,191 tasks: 4,096 leaves and their pairwise
sum), oneAtATimeP50Ms (one task, awaited). The first two are medians of three rounds after one that does not count.
"""
import json
import sys
import time
from importlib.metadata import version
from statistics import median

ROUNDS = 3
TASKS = 10_000
LEAVES = 4_096


def identity(value):
    return value


def add(a, b):
    return a + b


def pairwise(values, combine):
    """The root of a balanced tree over `values`."""
    while len(values) > 1:
        pairs = [combine(values[i], values[i + 1]) for i in range(0, len(values) - 1, 2)]
        values = pairs + values[len(values) - len(values) % 2 :]
    return values[0]


def rate(count, work):
    """Median of tasks per second."""
    rates = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - began))
    return round(median(rates[1:]))


def latency(work):
    times = []
    for i in range(500):
        began = time.perf_counter()
        assert work(i) == i
        times.append((time.perf_counter() - began) * 1000)
    return round(median(times[100:]), 3)


def measure(noop, tree, one):
    return {
        "noopPerSecond": rate(TASKS, noop),
        "treePerSecond": rate(2 * LEAVES - 1, tree),
        "oneAtATimeP50Ms": latency(one),
    }


def measure_ray():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        leaf, combine = ray.remote(identity), ray.remote(add)

        def noop():
            assert len(ray.get([leaf.remote(i) for i in range(TASKS)])) == TASKS

        def tree():
            assert ray.get(pairwise([leaf.remote(i) for i in range(LEAVES)], combine.remote)) == LEAVES * (LEAVES - 1) // 2

        return measure(noop, tree, lambda i: ray.get(leaf.remote(i)))
    finally:
        ray.shutdown()


def measure_dask():
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, Client(cluster) as client:

        def noop():
            assert len(client.gather(client.map(identity, range(TASKS), pure=False))) == TASKS

        rounds = iter(range(1_000))

        def tree():
            # As one graph, which is Dask's quickest way to be told of it. New keys, or it would reuse results.
            run, graph, numbers = next(rounds), {}, iter(range(2 * LEAVES))

            def task(*call):
                key = f"tree-{run}-{next(numbers)}"
                graph[key] = call
                return key

            root = pairwise([task(identity, i) for i in range(LEAVES)], lambda a, b: task(add, a, b))
            assert client.get(graph, root) == LEAVES * (LEAVES - 1) // 2

        return measure(noop, tree, lambda i: client.submit(identity, i, pure=False).result())


if __name__ == "__main__":
    peers = {"ray": ("ray", measure_ray), "dask": ("distributed", measure_dask)}
    if len(sys.argv) != 2 or sys.argv[1] not in peers:
        sys.exit(__doc__)
    package, run = peers[sys.argv[1]]
    print(json.dumps({"version": version(package), **run()}))
