"""./heddle test: every test, cheap ones first; one line a test, and 'N passed, N failed' at the end."""

import functools
import glob
import os
import re
import subprocess
import sys
import threading
import time
import unittest

import models
import scenario
from common import ENDING, ROOT, BuildError, UserError, build_folder, fetch_ports, in_parallel, machine_named, make
from machines import ALL

MACHINES_AT_A_TIME = 2
SECOND_RUNS = 8         # tests that are run once more, at most
FUZZ_SECONDS = 60       # for all fuzzers together
HOST_LIMIT = 300        # for one program of unit tests
RESULT = re.compile(r"^(ok|FAIL) (\S+)$")


def add_arguments(parser):
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="only tests with this in their name")
    parser.add_argument("--quick", action="store_true", help="host tests and the scenarios marked quick, once a machine")
    parser.add_argument("--host", action="store_true", help="only what needs no machine")
    parser.add_argument("-a", dest="arch", action="append", default=[], metavar="ARCH", help="only this machine (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print the names of the tests and run none")
    parser.add_argument("--no-make", action="store_true", help="take what is built")
    parser.add_argument("--matrix", action="store_true", help="scenarios with every number of CPUs and every cluster size that they name, combined")
    parser.add_argument("--times", default="1", metavar="N", help="every scenario N times; what fails is not run again")
    parser.add_argument("--debug", action="store_true", help="scenarios with the debug kernel")
    parser.add_argument("--jobs", default=str(MACHINES_AT_A_TIME), metavar="N", help=f"machines at a time ({MACHINES_AT_A_TIME})")


def check(arguments):
    for name in arguments.arch:
        machine_named(name)
    if not arguments.jobs.isdecimal() or int(arguments.jobs) < 1:
        raise UserError(f"'{arguments.jobs}' is not a number of machines at a time")
    if not arguments.times.isdecimal() or int(arguments.times) < 1:
        raise UserError(f"'{arguments.times}' is not a number of times")
    return all_scenarios()


class Report:
    """Prints and counts. Used by several threads."""

    def __init__(self, filters, list_only):
        self.filters, self.list_only = filters, list_only
        self.passed = self.failed = 0
        self.failures = []
        self.second = []  # (name, failure, how to run it again)
        self.unsteady = []
        self.lock = threading.Lock()

    def wanted(self, name):
        return not self.filters or any(f in name for f in self.filters)

    def result(self, name, failure=None, seconds=None, again=None):
        """failure: None, or text that says what went wrong. again: runs the test once more, with a result without again."""
        if ENDING.is_set():  # that is what went wrong
            return
        with self.lock:
            if failure is not None and again:
                print(f"failed, to be run once more by itself: {name}", flush=True)
                self.second.append((name, failure, again))
                return
            took = f" ({seconds:.1f} s)" if seconds is not None else ""
            if failure is None:
                self.passed += 1
                print(f"ok   {name}{took}")
            else:
                self.failed += 1
                self.failures.append(name)
                print(f"FAIL {name}{took}\n" + "".join(f"    {line}\n" for line in failure.splitlines()), end="")
            sys.stdout.flush()

    def run_again(self):
        """What failed beside others is run once more, alone; a test that then passes is unsteady, and what it printed is shown all the same.
        When many failed, they count at once."""
        second, self.second = self.second, []
        for name, failure, again in second:
            failed_before = self.failed
            if len(second) <= SECOND_RUNS:
                again()
            else:
                self.result(name, failure)
            if self.failed == failed_before:
                self.unsteady.append(name)
                print(f"unsteady: {name}\n" + "".join(f"    {line}\n" for line in failure.splitlines()), end="", flush=True)


def run(arguments):
    scenarios = check(arguments)
    report = Report(arguments.filters, arguments.list)
    started = time.monotonic()
    python_tests(report, chosen_tests(report, "tools"))
    port_tests(report, arguments)
    host_tests(report, arguments)
    if not arguments.quick:
        models.check_models(report, int(arguments.jobs))
        fuzz(report, arguments)
    if not arguments.host:
        machine_tests(report, arguments, scenarios)
    if arguments.list:
        return 0
    if report.failures:
        print("failed: " + " ".join(report.failures))
    if report.unsteady:
        print("unsteady: " + " ".join(report.unsteady))
    print(f"took {time.monotonic() - started:.0f} s")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


# --- tests in Python: of the tools, and of ./heddle with machines ------------------------------------------------------------------------

class UnitResult(unittest.TestResult):
    def __init__(self, report, name, again=None):
        super().__init__()
        self.report, self.name, self.again = report, name, again
        self.parts = []  # what failed of a test in parts

    def addSuccess(self, test):
        self.report.result(self.name)

    def addSkip(self, test, reason):
        self.report.result(self.name, f"skipped: {reason}")

    def addFailure(self, test, err):
        self.report.result(self.name, "".join([*self.parts, self._exc_info_to_string(err, test)]), again=self.again)
        self.parts = []

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.parts.append(f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def stopTest(self, test):
        super().stopTest(test)
        if self.parts:
            self.report.result(self.name, "".join(self.parts), again=self.again)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def chosen_tests(report, folder):
    """Returns: [(name, test)] of the wanted tests of tests/FOLDER; only prints their names when that is asked for."""
    found = flatten(unittest.TestLoader().discover(f"tests/{folder}", top_level_dir=f"tests/{folder}"))
    named = [(f"{folder}/{test.id()}", test) for test in found if report.wanted(f"{folder}/{test.id()}")]
    if report.list_only:
        print("".join(f"{name}\n" for name, _ in named), end="")
        return []
    return named


def python_tests(report, named, twice=False):
    for name, test in named:
        if not ENDING.is_set():
            test.run(UnitResult(report, name, functools.partial(python_tests, report, [(name, test)]) if twice else None))


def port_tests(report, arguments):
    """tools/ports_test.py is a program of its own; each of its lines is a test."""
    machines = [] if arguments.quick or arguments.host else arguments.arch or list(ALL)
    if report.list_only or not report.wanted("ports/"):
        print("ports/\n" if report.list_only and report.wanted("ports/") else "", end="")
        return
    command = [sys.executable, "tools/ports_test.py"] + [word for m in machines for word in ("--arch", m)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        match = re.match(r"(ok|FAIL)\s+([^:]+)(.*)", line)
        if match:
            report.result("ports/" + match.group(2).strip().replace(" ", "/"), None if match.group(1) == "ok" else match.group(3) + "\n" + done.stderr)
    if done.returncode not in (0, 1):
        report.result("ports", done.stdout + done.stderr)


# --- unit tests on the host ------------------------------------------------------------------------------------------------------------

def host_tests(report, arguments):
    folder = build_folder("host")
    if not arguments.no_make:
        try:
            make("host", "host-tests", folder=folder)
        except BuildError as error:
            if not report.filters:
                report.result("host/build", str(error))
            return
    for program in sorted(glob.glob(f"{folder}/*_test")):
        run_unit_program(report, program)


def run_unit_program(report, program):
    """Run the wanted tests of a program; when it crashes in one, that one failed and the rest goes on in a new process."""
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=False)
    names = [n for n in listed.stdout.split() if report.wanted("host/" + n)]
    if listed.returncode:
        report.result(f"host/{os.path.basename(program)}", listed.stderr or f"exit status {listed.returncode}")
        return
    if report.list_only:
        print("".join(f"host/{n}\n" for n in names), end="")
        return
    while names:
        names = names[run_until_crash(report, program, names):]


def run_until_crash(report, program, names):
    """Returns: how many of the names have a result now."""
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    try:
        done = subprocess.run([program, *names], capture_output=True, text=True, errors="replace", timeout=HOST_LIMIT, env=environment, check=False)
        output, errors, why = done.stdout, done.stderr, f"the program ended with status {done.returncode}"
    except subprocess.TimeoutExpired as late:
        output, errors, why = (late.stdout or b"").decode(errors="replace"), "", f"no end after {HOST_LIMIT} seconds"
    finished, notes = 0, []
    for line in output.splitlines():
        match = RESULT.match(line)
        if not match:
            notes.append(line)
            continue
        report.result("host/" + match.group(2), None if match.group(1) == "ok" else "\n".join(notes))
        finished += 1
        notes = []
    if finished < len(names):
        tail = "\n".join((errors or "").splitlines()[:60])
        report.result("host/" + names[finished], "\n".join([*notes, why, tail]))
        finished += 1
    return finished


# --- fuzzers -----------------------------------------------------------------------------------------------------------------------------

def fuzz(report, arguments):
    names = [os.path.basename(p)[:-len("_fuzz.c")] for p in sorted(glob.glob("tests/fuzz/*_fuzz.c"))]
    names = [n for n in names if report.wanted("fuzz/" + n)]
    if report.list_only or not names:
        print("".join(f"fuzz/{n}\n" for n in names), end="")
        return
    folder = build_folder("host")
    try:
        if not arguments.no_make:
            make("host", "fuzz", folder=folder)
    except BuildError as error:
        report.result("fuzz/build", str(error))
        return
    jobs = int(arguments.jobs)
    seconds = max(2, FUZZ_SECONDS * jobs // len(names))
    in_parallel(jobs, lambda name: fuzz_one(report, folder, name, seconds), names)


def fuzz_one(report, folder, name, seconds):
    corpus = f"{folder}/corpus/{name}"
    os.makedirs(corpus, exist_ok=True)
    seeds = [d for d in (f"tests/fuzz/{name}",) if os.path.isdir(d)]
    command = [f"{folder}/fuzz/{name}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1",
               f"-artifact_prefix={corpus}-", corpus, *seeds]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    tail = "\n".join(done.stderr.splitlines()[-40:])
    report.result(f"fuzz/{name}", tail if done.returncode else None, seconds)


# --- scenarios ---------------------------------------------------------------------------------------------------------------------------

def all_scenarios():
    return [scenario.parse(path) for path in sorted(glob.glob(os.path.join(ROOT, "tests/scenarios/*.scn")))]


def chosen_runs(report, arguments, scenarios):
    """Returns: [(name, scenario, configuration)]."""
    runs = []
    for s in scenarios:
        if arguments.quick and not s.flag("quick"):
            continue
        seen = set()
        for configuration in scenario.configurations(s, arguments.matrix):
            if arguments.arch and configuration.machine not in arguments.arch or arguments.quick and configuration.machine in seen:
                continue
            seen.add(configuration.machine)
            name = f"scenario/{s.name}/{configuration}"
            if report.wanted(name):
                runs += [(name, s, configuration)] * int(arguments.times)
    return runs


def machine_tests(report, arguments, scenarios):
    os.environ["HEDDLE_TEST_MACHINES"] = " ".join(arguments.arch or ALL)
    commands = [] if arguments.quick else chosen_tests(report, "commands")
    runs = chosen_runs(report, arguments, scenarios)
    if report.list_only:
        print("".join(f"{name}\n" for name, _, _ in runs), end="")
        return
    needed = {c.machine for _, _, c in runs} | set(arguments.arch or ALL if commands else ())
    built = {name: build_for(report, arguments, name) for name in ALL if name in needed}
    # Long ones first, so that none is left alone at the end.
    runs.sort(key=lambda r: -float(r[1].get("limit", "60")))
    calls = [(python_tests, commands, True)]
    calls += [(run_one, *r, arguments.debug, arguments.times == "1") for r in runs if built[r[2].machine]]
    in_parallel(int(arguments.jobs), lambda call: call[0](report, *call[1:]), calls)
    report.run_again()
    for name, _, configuration in runs:
        if not built[configuration.machine]:
            report.result(name, f"{configuration.machine} does not build")


def build_for(report, arguments, arch):
    if arguments.no_make:
        return True
    try:
        if not os.environ.get("HEDDLE_NO_SETUP"):
            fetch_ports(["musl"], arch)
        make(arch)
        if arguments.debug:
            make(arch, debug=True)
        return True
    except BuildError as error:
        report.result(f"build/{arch}", str(error))
        return False


def run_one(report, name, one, configuration, debug, twice):
    started = time.monotonic()
    failure = None
    try:
        scenario.run(one, configuration, debug=debug)
    except (scenario.Failed, UserError, BuildError, OSError, subprocess.SubprocessError) as error:
        failure = str(error)
    again = functools.partial(run_one, report, name, one, configuration, debug, False) if twice else None
    report.result(name, failure, time.monotonic() - started, again)
