"""Models in tests/models, checked by spin: each as it is, and with each of the bugs that its head lists, which must be found.

A line ` * BUG=2 safety: ...` of the head names a bug and what finds it: `safety` (assertions, and states without a way out) or an ltl claim."""

import concurrent.futures
import glob
import os
import re
import subprocess
import time

from common import build_folder

DEPTH = 200000      # longest path; a longer one is a failure
MEMORY = 600        # MiB
LIMIT = 120         # seconds for one search
FOUND = re.compile(r"^pan:1: (assertion violated|invalid end state|acceptance cycle)", re.M)
INCOMPLETE = re.compile(r"max search depth too small|Search not completed|out of memory|reached -DMEMLIM")


def searches(path):
    """Returns: [(name, bug, property)] of a model; bug 0: none."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    name = os.path.splitext(os.path.basename(path))[0]
    found = [(f"models/{name}", 0, "safety")]
    found += [(f"models/{name}/{claim}", 0, claim) for claim in re.findall(r"^ltl (\w+)", text, re.M)]
    return found + [(f"models/{name}/bug-{bug}", int(bug), what) for bug, what in re.findall(r"^ \* BUG=(\d+) (\w+): ", text, re.M)]


def command(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode and words[0] != "./pan":
        raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def search(path, folder, bug, what):
    """Returns: what spin's program printed."""
    os.makedirs(folder, exist_ok=True)
    command(["spin", "-Pclang-19 -E -x c", f"-DBUG={bug}", "-a", os.path.abspath(path)], folder)
    kind, options = (["-DNOCLAIM", "-DSAFETY"], []) if what == "safety" else (["-DNFAIR=3"], ["-a", "-f", "-N", what])
    command(["clang-19", "-O0" if bug else "-O1", "-w", f"-DMEMLIM={MEMORY}", *kind, "-o", "pan", "pan.c"], folder)
    return command(["./pan", f"-m{DEPTH}", "-w20", "-b", "-n", *options], folder)


def judge(output, bug):
    """Returns: None, or why the test failed."""
    complete = re.search(r"errors: 0$", output, re.M) and not INCOMPLETE.search(output)
    if bug and FOUND.search(output) or not bug and complete:
        return None
    return ("the bug is not found\n" if bug else "") + output


def check_one(report, path, name, bug, what):
    started = time.monotonic()
    try:
        failure = judge(search(path, os.path.join(build_folder("host"), name), bug, what), bug)
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        failure = str(error)
    report.result(name, failure, time.monotonic() - started)


def check_models(report, jobs):
    wanted = [(path, *one) for path in sorted(glob.glob("tests/models/*.pml")) for one in searches(path) if report.wanted(one[0])]
    if report.list_only:
        print("".join(f"{name}\n" for _, name, _, _ in wanted), end="")
        return
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda one: check_one(report, *one), wanted))
