"""Stands for HyperQueue's command `hq`, which PyPI's package does not have: gives a job file to the server in $HQ_SERVER_DIR.

Of the job file it understands what HyperQueue's documentation says of it, and refuses anything else, as `hq` does.
"""

import os
import sys
import tomllib

from hyperqueue import Client, Job
from hyperqueue.ffi.protocol import ResourceRequest

JOB = {"name", "max_fails", "task"}
TASK = {"id", "command", "cwd", "stdout", "stderr", "deps", "crash_limit", "request"}


def known(table, keys):
    if unknown := set(table) - keys:
        sys.exit(f"unknown field {unknown}")


def submit(path):
    with open(path, "rb") as file:
        description = tomllib.load(file)
    known(description, JOB)
    job = Job(name=description["name"], max_fails=description.get("max_fails"))
    tasks = {}
    for task in description["task"]:
        known(task, TASK)
        streams = {key: None if task[key] == "none" else task[key] for key in ("stdout", "stderr")}
        [request] = task["request"]
        known(request, {"resources"})
        tasks[task["id"]] = job.program(
            task["command"],
            cwd=task["cwd"],
            deps=[tasks[before] for before in task["deps"]],
            crash_limit=task["crash_limit"],
            resources=ResourceRequest(**request["resources"]),
            **streams,
        )
    return Client(os.environ["HQ_SERVER_DIR"]).submit(job).id


match sys.argv[1:]:
    case ["--version"]:
        print("hq of the tests")
    case ["--output-mode=quiet", "job", "submit-file", path]:
        print(submit(path))
    case words:
        sys.exit(f"unexpected words {words}")
