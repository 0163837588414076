"""Asks DuckDB the questions of the bench: reads a job from the input, writes what came of it to the output, both JSON."""

import json
import os
import sys
import time

import duckdb

job = json.load(sys.stdin)
place = job["database"]
if not os.path.exists(place):
    fresh = place + ".part"
    if os.path.exists(fresh):
        os.remove(fresh)
    with duckdb.connect(fresh, config={"threads": job["threads"]}) as made:
        for statement in job["make"]:
            made.execute(statement)
    os.rename(fresh, place)

connection = duckdb.connect(place, read_only=True, config={"threads": job["threads"]})
taken = [[] for _ in job["questions"]]
rows = [None for _ in job["questions"]]
# The first turn warms caches.
for turn in range(job["rounds"] + 1):
    for number, (question, _) in enumerate(job["questions"]):
        begun = time.perf_counter()
        rows[number] = connection.execute(question).fetchall()
        if turn > 0:
            taken[number].append((time.perf_counter() - begun) * 1e3)
figures = [
    [[None if value is None else int(value) for value in row[-count:]] for row in told]
    for told, (_, count) in zip(rows, job["questions"])
]
json.dump({"version": duckdb.__version__, "answers": list(zip(taken, figures))}, sys.stdout)
