"""A HyperQueue server, or a worker of one, in a process of its own, from PyPI's `hyperqueue`.

    hyperqueue_node.py server FOLDER
    hyperqueue_node.py worker FOLDER SERVER_FOLDER CORES
"""

import os
import signal
import sys

from hyperqueue.cluster import LocalCluster, WorkerConfig


def main(role, folder, *rest):
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    cluster = LocalCluster(server_dir=folder)
    if role == "worker":
        # The package starts workers beside their server only: this one's idle server is made to point at the other.
        server, cores = rest
        current = os.path.join(folder, "hq-current")
        os.unlink(current)
        os.symlink(os.path.join(os.path.abspath(server), "hq-current"), current)
        cluster.start_worker(WorkerConfig(cores=int(cores)))
    print(f"{role} is ready", flush=True)
    signal.pause()


main(*sys.argv[1:])
