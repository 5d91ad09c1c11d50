"""Scenarios: what boots, what is typed, what must be printed, in how long. tests/scenarios/*.scn, and benchmarks tests/bench/*.bench.

Lines 'key: value'; an indented line goes on with the value above it; '#' starts a comment line.

    machines: all              or some of x86_64 aarch64 riscv64 loongarch64 mips64el
    cpus: 1 4                  clusters: MP 64K 256K          memory: 512M
    matrix: cover              every value at least once on each machine (default), or 'full': every combination
    limit: 60                  seconds a run
    quick: yes                 part of ./heddle test --quick
    kernel-only: yes           no programs: what the kernel logs is the output
    native: NAME               the program tests/native/NAME boots in place of init; its log is the output
    boot: WORDS                more words of the boot command line       qemu: WORDS    more options for QEMU
    icount: no                 of a benchmark that counts events, not instructions: its CPUs run at the same time
    disk: SIZE...              empty disks of these sizes: /dev/vda, /dev/vdb, ...
    host: PATH...              files and folders to put under /host
    program: FILE.c...         compiled against stock musl into the static Linux program /host/FILE; each line one program; words that
                               start with '-' go to the compiler
    heddle-program: FILE.c...  the same against our musl

A command, run with sh -c; its output lines are compared:
    run: ls /
    status: 0                  its exit status (0 when not given)
    expect: bin                the output has this line, /regex/: a line that matches; several: in this order
    only: yes                  and no other lines
    stops: yes                 the command powers the machine off itself; there is no exit status
    refuse: /panic/            the output has no such line
    compare: linux             the output is what the same busybox prints for the same command on the build machine; linux-here: and its programs
                               are built for the build machine, not emulated

Or a conversation, from the first prompt on:
    send: echo hello\\n         (\\n \\t \\e \\xHH; ^C is Ctrl-C)
    expect: /hello/            wait for it in what comes after the last match: a text, or /regex/
    off: yes                   the machine powers off
"""

import difflib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field

import linux
from common import ROOT, UserError, checked_cluster, checked_cpus, checked_memory, checked_seconds, fetch_ports, machine_named
from guest import PANIC, Boot, Guest, MarkFilter, Settings, escaped
from machines import ALL, parse_memory

SHOWN, SHOWN_FAILED = 60, 20  # lines of a transcript when a scenario fails

KEYS = {"machines", "cpus", "clusters", "memory", "matrix", "limit", "quick", "kernel-only", "native", "boot", "qemu", "icount", "disk", "host", "program", "heddle-program",
        "run", "status", "expect", "only", "refuse", "compare", "send", "off", "stops"}
DEBUG_FACTOR = 4      # how much longer a scenario may take with the debug kernel
DIFFERENCE_LINES = 60  # shown of a comparison that failed
REPEATED = {"expect", "refuse", "send", "off", "program", "heddle-program"}


class Failed(Exception):
    """The scenario did not go as written; the text says how."""


@dataclass
class Scenario:
    name: str
    path: str
    fields: dict = field(default_factory=dict)   # of keys that come once
    steps: list = field(default_factory=list)    # (key, value) of repeated keys, in order

    def get(self, key, default=""):
        return self.fields.get(key, default)

    def flag(self, key):
        return self.get(key) == "yes"

    def all(self, key):
        return [value for k, value in self.steps if k == key]

    def conversation(self):
        return any(key in ("send", "off") for key, _ in self.steps)


@dataclass(frozen=True)
class Configuration:
    machine: str
    cpus: int
    cluster: str

    def __str__(self):
        return f"{self.machine}/{self.cpus}/{self.cluster}"


def parse(path):
    scenario = Scenario(os.path.splitext(os.path.basename(path))[0], path)
    entries = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            text = line.rstrip("\n")
            if not text.strip() or text.startswith("#"):
                continue
            if text[0].isspace():
                if not entries:
                    raise UserError(f"{path}:{number}: an indented line before any key")
                entries[-1][1].append(text.strip())
                continue
            key, colon, value = text.partition(":")
            if not colon or key not in KEYS:
                raise UserError(f"{path}:{number}: '{key}' is not a key of a scenario")
            entries.append((key, [value.strip()], number))
    for key, lines, number in entries:
        value = "\n".join(lines).strip("\n")
        if key in REPEATED:
            scenario.steps.append((key, value))
        elif key in scenario.fields:
            raise UserError(f"{path}:{number}: '{key}' is there twice")
        else:
            scenario.fields[key] = value
    check(scenario)
    return scenario


def check(scenario):
    """Raises UserError when the scenario makes no sense."""
    try:
        configurations(scenario)
        checked_seconds(scenario.get("limit", "60"))
    except UserError as error:
        raise UserError(f"{scenario.path}: {error}") from None
    if scenario.get("compare") not in ("", "linux", "linux-here"):
        raise UserError(f"{scenario.path}: compare is 'linux' or 'linux-here'")
    if scenario.get("matrix", "cover") not in ("cover", "full"):
        raise UserError(f"{scenario.path}: matrix is 'cover' or 'full'")
    if "run" in scenario.fields and (scenario.conversation() or scenario.flag("kernel-only") or scenario.get("native")):
        raise UserError(f"{scenario.path}: 'run' excludes 'send', 'off', 'kernel-only' and 'native'")
    if "run" not in scenario.fields and not scenario.steps:
        raise UserError(f"{scenario.path}: there is nothing to run or expect")
    for key, value in scenario.steps:
        if key in ("expect", "refuse"):
            try:
                pattern_of(value)
            except re.error as error:
                raise UserError(f"{scenario.path}: '{value}' is not a regular expression: {error}") from None


def configurations(scenario, full=False):
    """full: every number of CPUs with every cluster size. Returns: the configurations to run on, in the order of the machine table."""
    names = scenario.get("machines", "all").split()
    found = []
    for name in ALL if names == ["all"] else names:
        machine = machine_named(name)
        cpus = [c for c in (checked_cpus(str(min(int(n), machine.max_cpus)) if n.isdecimal() else n, machine)
                            for n in scenario.get("cpus", "1").split())]
        clusters = [checked_cluster(c) for c in scenario.get("clusters", "64K").split()]
        if full or scenario.get("matrix") == "full":
            pairs = [(n, c) for n in cpus for c in clusters]
        else:
            pairs = [(cpus[i % len(cpus)], clusters[i % len(clusters)]) for i in range(max(len(cpus), len(clusters)))]
        found += [Configuration(name, n, c) for n, c in dict.fromkeys(pairs)]
    return found


def pattern_of(text):
    """Returns: a compiled pattern for /regex/, None for plain text."""
    return re.compile(text[1:-1]) if len(text) > 1 and text[0] == text[-1] == "/" else None


def line_matches(line, wanted):
    pattern = pattern_of(wanted)
    return pattern.search(line) is not None if pattern else line == wanted


# --- running --------------------------------------------------------------------------------------------------------------------------

def settings_for(scenario, configuration, folder):
    machine = machine_named(configuration.machine)
    settings = Settings(machine, configuration.cpus, cluster=configuration.cluster, kernel_only=scenario.flag("kernel-only"),
                        native=scenario.get("native"))
    if scenario.get("memory"):
        wanted = checked_memory(scenario.get("memory").split()[0], ALL["x86_64"])
        settings.memory = max(wanted, machine.min_memory)
    settings.scratch = [parse_memory(size) for size in scenario.get("disk").split()]
    settings.words = scenario.get("boot").split()
    settings.options = scenario.get("qemu").split()
    settings.host_paths = [os.path.join(ROOT, p) for p in scenario.get("host").split()]
    for key, port in (("program", "musl"), ("heddle-program", "musl-heddle")):
        for sources in scenario.all(key):
            settings.host_paths.append(compiled(sources.split(), port, machine.name, folder))
    return settings


def compiled(sources, port, arch, folder):
    """Returns: the path of a static program made from these C files (the first gives its name) and compiler options."""
    out = os.path.join(folder, os.path.splitext(os.path.basename(sources[0]))[0])
    config = f"build/ports/{port}-{arch}/clang.cfg"
    if not os.path.exists(config):
        fetch_ports([port], arch)
    command = ["clang-19", f"--config={config}", "-std=gnu2x", "-O2", "-Wall", *sources, "-o", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"compiling {' '.join(sources)}: {done.stderr.strip()}")
    return out


def run(scenario, configuration, limit=None, folder="", debug=False):
    """Run once; debug: under the debug kernel, with a longer limit. Returns: (output, transcript). Raises Failed with all that helps."""
    limit = limit or float(scenario.get("limit", "60")) * (DEBUG_FACTOR if debug else 1)
    with tempfile.TemporaryDirectory(prefix="heddle-") as work:
        settings = settings_for(scenario, configuration, work)
        settings.folder = folder
        settings.debug = debug
        if "run" in scenario.fields:
            settings.words += ["quiet", "exec=" + escaped(scenario.get("run"))]
        with Boot(settings) as boot, Guest(boot) as guest:
            try:
                output = watch(scenario, guest, limit)
                if scenario.get("compare"):
                    compare_with_linux(scenario, settings, output)
                return output, guest.transcript.decode(errors="replace")
            except Failed as failure:
                report = "\n".join(f"    | {line}" for line in telling(guest.transcript.decode(errors="replace").replace("\r", "").splitlines()))
                states = "".join(f"    {line}\n" for line in guest.cpu_states().splitlines())
                raise Failed(f"{failure}\n{report}\n{states}") from None


def telling(lines):
    """Returns: the end of a transcript, and before it what the first tests that failed in it said."""
    failed = [line for line in lines[:-SHOWN] if line.startswith("FAIL ")]
    return failed[:SHOWN_FAILED] + (["..."] if failed else []) + lines[-SHOWN:]


def watch(scenario, guest, limit):
    if "run" in scenario.fields:
        output, status = watch_command(guest, limit, scenario.flag("stops"))
        check_output(scenario, output)
        if status is not None and status != int(scenario.get("status", "0")):
            raise Failed(f"exit status {status}, not {scenario.get('status', '0')}")
        return output
    if scenario.conversation():
        return converse(scenario, guest, limit)
    return watch_log(scenario, guest, limit)


def next_data(guest, limit):
    """Returns: bytes, or None when the machine is off. Raises Failed at the limit and on a panic."""
    if guest.seconds() >= limit:
        raise Failed(f"no end after {limit:g} seconds")
    data = guest.read(min(1, limit - guest.seconds()))
    if PANIC.search(guest.transcript[-65536:]):
        while guest.seconds() < limit and guest.read(1):
            pass
        raise Failed("the kernel panicked")
    return data


def watch_command(guest, limit, stops):
    """Returns: the text between the marks, and the exit status (None when the machine stopped, as it may)."""
    marks, output = MarkFilter(), b""
    while marks.status is None:
        data = next_data(guest, limit)
        if data is None and stops and marks.begun:
            output += marks.pending
            break
        if data is None:
            raise Failed("the machine stopped before the command ended")
        output += marks.feed(data)
    return output.decode(errors="replace"), marks.status


def check_output(scenario, output):
    lines = output.splitlines()
    wanted = scenario.all("expect")
    if scenario.flag("only"):
        if len(lines) != len(wanted) or not all(line_matches(l, w) for l, w in zip(lines, wanted)):
            raise Failed(first_difference(lines, wanted, "expected"))
    at = 0
    for want in wanted:
        while at < len(lines) and not line_matches(lines[at], want):
            at += 1
        if at == len(lines):
            raise Failed(f"expected, and not there or not in this order: {want}")
        at += 1
    for refused in scenario.all("refuse"):
        for line in lines:
            if line_matches(line, refused):
                raise Failed(f"refused: {line}")


def first_difference(lines, wanted, what):
    for number in range(max(len(lines), len(wanted))):
        got = lines[number] if number < len(lines) else "(the end)"
        want = wanted[number] if number < len(wanted) else "(the end)"
        if not line_matches(got, want):
            return f"line {number + 1} is\n    {got}\n{what}:\n    {want}"
    return "no difference"


def watch_log(scenario, guest, limit):
    """Without a shell: done when all expected lines came, or the machine stopped."""
    while True:
        output = guest.transcript.decode(errors="replace").replace("\r", "")
        try:
            check_output(scenario, output)
            return output
        except Failed:
            if next_data(guest, limit) is None:
                check_output(scenario, guest.transcript.decode(errors="replace").replace("\r", ""))
                return output


def unescaped(text):
    def one(match):
        code = match.group(1)
        if match.group(0)[0] == "^":
            return chr(ord(match.group(2)) & 0x1f)
        return {"n": "\n", "t": "\t", "e": "\x1b", "r": "\r", "\\": "\\"}.get(code) or chr(int(code[1:], 16))
    return re.sub(r"\\([ntre\\]|x[0-9a-fA-F]{2})|\^([A-Z\[\\\]])", one, text)


def converse(scenario, guest, limit):
    position = 0
    for key, value in scenario.steps:
        if key == "send":
            guest.send(unescaped(value))
        elif key == "expect":
            position = wait_for(guest, value, position, limit)
        elif key == "off":
            while next_data(guest, limit) is not None:
                pass
    output = guest.transcript.decode(errors="replace").replace("\r", "")
    for refused in scenario.all("refuse"):
        if any(line_matches(line, refused) for line in output.splitlines()):
            raise Failed(f"refused: {refused}")
    return output


def wait_for(guest, wanted, position, limit):
    """Returns: the place behind the match in the transcript without returns."""
    pattern = pattern_of(wanted) or re.compile(re.escape(wanted))
    while True:
        text = guest.transcript.decode(errors="replace").replace("\r", "")
        match = pattern.search(text, position)
        if match:
            return match.end()
        try:
            data = next_data(guest, limit)
        except Failed as failure:
            raise Failed(f"{failure}, waiting for: {wanted}") from None
        if data is None:
            raise Failed(f"the machine stopped, waiting for: {wanted}")


def linux_output(scenario, settings):
    if scenario.get("compare") == "linux":
        return linux.output_of(scenario.get("run"), settings.machine.name, settings.host_paths)
    here = os.uname().machine
    with tempfile.TemporaryDirectory(prefix="heddle-") as folder:
        programs = [compiled(sources.split(), "musl", here, folder) for sources in scenario.all("program")]
        return linux.run(scenario.get("run"), here, [os.path.join(ROOT, p) for p in scenario.get("host").split()] + programs)


def compare_with_linux(scenario, settings, output):
    wanted = linux_output(scenario, settings).splitlines()
    difference = list(difflib.unified_diff(wanted, output.splitlines(), "Linux", "Heddle", lineterm="", n=2))
    if difference:
        raise Failed("\n".join(["not what Linux prints:", *difference[2:DIFFERENCE_LINES]]))
