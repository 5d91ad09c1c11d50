"""./heddle bench: counts instructions. QEMU with -icount makes a machine's clock tick once an instruction, so what programs measure in
nanoseconds are instructions, whatever the load of the build machine. Suites: tests/bench/*.bench, in the form of scenarios; the lines
'RESULT ...' of their output are printed as they are. --table prints the medians as a table of docs/performance.md, beside the figures of
another system from tests/bench/SUITE.reference, lines 'row machine=figure ...'."""

import glob
import os
import re
import subprocess
import sys

import scenario
from common import ROOT, UserError, fetch_ports, machine_named, make
from machines import ALL

ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]


def add_arguments(parser):
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="files of tests/bench, without .bench; all when none is named")
    parser.add_argument("-a", dest="arch", action="append", default=[], metavar="ARCH", help="machine (may be repeated; x86_64)")
    parser.add_argument("--no-make", action="store_true", help="take what is built")
    parser.add_argument("--all", action="store_true", help="on all machines")
    parser.add_argument("--table", action="store_true", help="a table at the end: ours, or ours / the reference's")


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
    if arguments.table:
        for suite in suites:
            print("\n".join(table(medians[suite.name], reference(suite), machines)))
    return 1 if failed else 0


def bench(suite, arch, medians):
    """Adds to medians[row][arch]. Returns: did it run to its end?"""
    configurations = [c for c in scenario.configurations(suite) if c.machine == arch]
    for configuration in configurations:
        heading = f"{suite.name} on {arch}" + (f", cluster {configuration.cluster}" if len(configurations) > 1 else "")
        print(f"# {heading}", flush=True)
        suite.fields["qemu"] = " ".join([suite.get("qemu"), *ICOUNT]).strip() if "-icount" not in suite.get("qemu") else suite.get("qemu")
        try:
            output, _ = scenario.run(suite, configuration)
        except (scenario.Failed, UserError, OSError, subprocess.SubprocessError) as error:
            print(f"heddle: {heading}: {error}", file=sys.stderr)
            return False
        for line in output.replace("\r", "").splitlines():
            if found := re.search(r"\bRESULT .*", line):
                print(found.group(), flush=True)
                if median := re.match(r"RESULT (\S+) median ([0-9.]+)", found.group()):
                    medians.setdefault(median.group(1), {})[arch] = float(median.group(2))
    return True


def reference(suite):
    """Returns: figures[row][arch] of another system, as texts."""
    figures, path = {}, os.path.splitext(suite.path)[0] + ".reference"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                words = line.split("#")[0].split()
                figures.update({words[0]: dict(word.split("=", 1) for word in words[1:])} if words else {})
    return figures


def figure(number):
    return f"{number:.3g}" if number < 10 else f"{number:,.0f}"


def table(medians, others, machines):
    lines = [f"| row | {' | '.join(machines)} |", "|---|" + "--:|" * len(machines)]
    for row, ours in medians.items():
        cells = []
        for arch in machines:
            cell = figure(ours[arch]) if arch in ours else "-"
            if other := others.get(row, {}).get(arch):
                cell += f" / {figure(float(other))}"
            cells.append(cell)
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines
