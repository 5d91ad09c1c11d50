"""./heddle bench: counts instructions. QEMU with -icount makes a machine's clock tick once an instruction, so what programs measure in
nanoseconds are instructions, whatever the load of the build machine. Suites: tests/bench/*.bench, in the form of scenarios, but that `memory`
may be a list; the lines 'RESULT ...' of their output are printed as they are. --table prints the medians as tables of docs/, beside the
figures of other systems from tests/bench/SUITE.reference, lines 'row machine=figure ...' or 'row@WHOSE machine=figure ...'. --charts draws
what tests/bench/SUITE.charts says (chart.py)."""

import glob
import os
import re
import subprocess
import sys

import chart
import scenario
from common import ROOT, UserError, fetch_ports, machine_named, make, user_path
from machines import ALL, parse_memory

ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]


def add_arguments(parser):
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="files of tests/bench, without .bench; all when none is named")
    parser.add_argument("-a", dest="arch", action="append", default=[], metavar="ARCH", help="machine (may be repeated; x86_64)")
    parser.add_argument("--no-make", action="store_true", help="take what is built")
    parser.add_argument("--all", action="store_true", help="on all machines")
    parser.add_argument("--table", action="store_true", help="a table at the end: ours, or ours / the reference's")
    parser.add_argument("--charts", metavar="FOLDER", help="write the suites' charts there, as SVG files")


def check(arguments):
    paths = {os.path.splitext(os.path.basename(p))[0]: p for p in sorted(glob.glob(os.path.join(ROOT, "tests/bench/*.bench")))}
    for name in arguments.suites:
        if name not in paths:
            raise UserError(f"there is no suite '{name}'; there are: {' '.join(paths) or 'none'}")
    machines = list(ALL) if arguments.all else arguments.arch or ["x86_64"]
    for name in machines:
        machine_named(name)
    return [scenario.parse(paths[n]) for n in arguments.suites or paths], machines


def run(arguments):
    suites, machines = check(arguments)
    failed, medians = 0, {suite.name: {} for suite in suites}
    for arch in machines:
        if not arguments.no_make:
            if not os.environ.get("HEDDLE_NO_SETUP"):
                fetch_ports(["musl"], arch)
            make(arch)
        for suite in suites:
            failed += not bench(suite, arch, medians[suite.name])
    for suite in suites:
        if arguments.table:
            print("\n".join(table(medians[suite.name], reference(suite), machines, clusters(suite))))
        if arguments.charts:
            chart.write_all(os.path.splitext(suite.path)[0] + ".charts", user_path(arguments.charts), medians[suite.name], reference(suite), machines,
                            clusters(suite))
    return 1 if failed else 0


def clusters(suite):
    """Returns: the cluster sizes of the suite, the ordinary one first in its file."""
    return suite.get("clusters", "64K").split()


def runs(suite, arch):
    """Yields: (configuration, what there is of it in the heading)."""
    machine, memories = ALL[arch], suite.get("memory").split()
    for configuration in (c for c in scenario.configurations(suite) if c.machine == arch):
        heading = f", cluster {configuration.cluster}" if len(clusters(suite)) > 1 else ""
        heading += f", {configuration.cpus} CPUs" if " " in suite.get("cpus", "1") else ""
        fitting = [m for m in memories if machine.min_memory <= parse_memory(m) and not 0 < machine.max_memory < parse_memory(m)]
        for memory in fitting or [""]:
            suite.fields["memory"] = memory
            yield configuration, heading + (f", {memory}" if memory else "")
    suite.fields["memory"] = " ".join(memories)


def bench(suite, arch, medians):
    """Adds to medians[row][arch, cluster]. Returns: did it run to its end?"""
    for configuration, more in runs(suite, arch):
        heading = f"{suite.name} on {arch}{more}"
        print(f"# {heading}", flush=True)
        if suite.get("icount") != "no" and "-icount" not in suite.get("qemu"):
            suite.fields["qemu"] = " ".join([suite.get("qemu"), *ICOUNT]).strip()
        try:
            output, _ = scenario.run(suite, configuration)
        except (scenario.Failed, UserError, OSError, subprocess.SubprocessError) as error:
            print(f"heddle: {heading}: {error}", file=sys.stderr)
            return False
        for line in output.replace("\r", "").splitlines():
            if found := re.search(r"\bRESULT .*", line):
                print(found.group(), flush=True)
                if median := re.match(r"RESULT (\S+) median ([0-9.]+)", found.group()):
                    medians.setdefault(median.group(1), {})[arch, configuration.cluster] = float(median.group(2))
    return True


def reference(suite):
    """Returns: figures[row, or row@whose][arch] of other systems, as texts."""
    figures, path = {}, os.path.splitext(suite.path)[0] + ".reference"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                words = line.split("#")[0].split()
                figures.update({words[0]: dict(word.split("=", 1) for word in words[1:])} if words else {})
    return figures


def figure(number):
    return f"{number:.3g}" if number < 10 else f"{number:,.0f}"


def table(medians, others, machines, sizes):
    """With several cluster sizes: a cell has a figure for each, and what other systems have are rows of their own."""
    lines = [f"| row | {' | '.join(machines)} |", "|---|" + "--:|" * len(machines)]
    for row, ours in medians.items():
        cells = []
        for arch in machines:
            cell = " / ".join(figure(ours[arch, size]) if (arch, size) in ours else "-" for size in sizes)
            if len(sizes) == 1 and (other := others.get(row, {}).get(arch)):
                cell += f" / {figure(float(other))}"
            cells.append(cell)
        lines.append(f"| {row} | {' | '.join(cells)} |")
        if len(sizes) > 1:
            lines += reference_rows(row, others, machines)
    return lines


def reference_rows(row, others, machines):
    return [f"| {whose(name)} | {' | '.join(figure(float(found[arch])) if arch in found else '-' for arch in machines)} |"
            for name, found in others.items() if name.partition("@")[0] == row]


def whose(name):
    return (name.partition("@")[2] or "Linux").replace("_", " ")
