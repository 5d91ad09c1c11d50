"""What the tools share: errors for the user, paths, building."""

import concurrent.futures
import contextlib
import fcntl
import glob
import os
import signal
import subprocess
import sys
import tempfile
import threading

from machines import ALL, CLUSTERS, MIB, parse_memory

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PORTS = ("busybox", "musl-heddle", "zstd", "libfdt")  # what a build of everything needs


class UserError(Exception):
    """Something that the user can put right: one sentence, exit status 2."""


class BuildError(Exception):
    """make failed and has said why: exit status 1."""


def user_path(path):
    """Returns: a path as seen from the folder that ./heddle was called in."""
    return os.path.join(os.environ.get("HEDDLE_CALLED_IN", os.getcwd()), path)


def write_whole(path, data):
    """Give the file these bytes at once: whoever reads it meanwhile, or writes it too, sees one whole content."""
    part, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(part, "wb") as f:
            f.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def machine_named(name):
    if name not in ALL:
        raise UserError(f"there is no machine '{name}'; there are: {' '.join(ALL)}")
    return ALL[name]


def checked_memory(text, machine):
    try:
        memory = parse_memory(text)
    except ValueError:
        raise UserError(f"'{text}' is not an amount of memory; write it like 512M or 2G") from None
    if memory < machine.min_memory:
        raise UserError(f"{text} of memory is too little: {machine.name} needs at least {machine.min_memory // MIB}M")
    return memory


def checked_cpus(text, machine):
    if not text.isdecimal() or not 1 <= int(text) <= machine.max_cpus:
        raise UserError(f"'{text}' is not a number of CPUs; {machine.name} takes 1 to {machine.max_cpus}")
    return int(text)


def checked_cluster(text):
    if text.upper() not in CLUSTERS:
        raise UserError(f"'{text}' is not a cluster size; it is one of: {' '.join(CLUSTERS)}")
    return text.upper()


def checked_seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise UserError(f"'{text}' is not a limit in seconds")
    return seconds


def build_folder(arch, debug=False):
    return os.environ.get("HEDDLE_BUILD") or f"build/{arch}{'-debug' if debug else ''}"


# --- the end by a signal ----------------------------------------------------------------------------------------------------------------

ENDING = threading.Event()  # a signal ends this command


def end_by_signal(number, _frame):
    """Handler. What is undone on the way out is not cut short by a second signal."""
    for other in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    ENDING.set()
    sys.exit(128 + number)


def end_children():
    """Ask all child processes of this one to end, and those in the process groups that they lead."""
    for path in glob.glob("/proc/self/task/*/children"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as f:
            for pid in map(int, f.read().split()):
                (os.killpg if os.getpgid(pid) == pid else os.kill)(pid, signal.SIGTERM)


def in_parallel(jobs, function, items):
    """Call the function for each item, so many at a time. When a signal ends this command none begins any more, and those that run lose their
    child processes. Returns: the results."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            while concurrent.futures.wait(futures, timeout=0.1).not_done:
                end_children()
            raise


# --- building ---------------------------------------------------------------------------------------------------------------------------

def fetch_ports(names, arch):
    """Have other people's software (ports/) in build/ports. Raises BuildError."""
    known = [n for n in names if os.path.exists(os.path.join(ROOT, f"ports/{n}.port"))]
    command = [sys.executable, os.path.join(ROOT, "tools/ports.py"), "fetch", *known, "--arch", arch]
    if subprocess.run(command, stdout=sys.stderr, cwd=ROOT, check=False).returncode:
        raise BuildError(f"could not get {' '.join(known)} for {arch}")


def make(arch, target="all", debug=False, folder=None):
    """Bring a machine's build folder up to date. Raises BuildError."""
    if target == "all" and not os.environ.get("HEDDLE_NO_SETUP"):
        fetch_ports(PORTS, arch)
    jobs = os.environ.get("HEDDLE_JOBS") or str(os.cpu_count() or 1)
    command = ["make", "-s", f"-j{jobs}", f"ARCH={arch}", f"O={folder or build_folder(arch, debug)}", target]
    if debug:
        command.append("DEBUG=1")
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    with open(os.path.join(ROOT, "build", f".{arch}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands may build at the same time
        done = subprocess.run(command, stdout=sys.stderr, cwd=ROOT, check=False)
    if done.returncode:
        raise BuildError(f"building {target} for {arch} failed")
