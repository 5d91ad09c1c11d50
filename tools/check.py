"""./heddle check: the rules of the source tree that a program can see, and the sizes of the kernel.

A rule that has an exception names it in tools/check_exceptions.txt: 'RULE PATH  reason'. An exception that nothing needs any more is
itself an error, so the list only shrinks."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from common import ROOT, UserError, build_folder, in_parallel, make
from machines import ALL

EXCEPTIONS = "tools/check_exceptions.txt"
SOURCES = ("abi", "boot", "kernel", "lib", "servers", "drivers", "personality", "apps", "protocols", "ports", "tests", "tools", "docs")
USER_SIDE = ("lib", "servers", "drivers", "personality", "apps")
FILE_LINES = 600
FUNCTION_LINES = 120         # none is longer
FUNCTION_USUAL = 60          # nine of ten are shorter
PORTABLE_AIM, PORT_AIM = 15000, 2500

CPU_NAME = re.compile(r"(?<![A-Za-z0-9])_*(?:x86|i386|amd64|aarch64|arm64|armv8|riscv|rv64|loongarch|la464|mips)(?:64|32|el|_64)*_*(?![a-z])", re.I)
BANNED = {
    r"\b(?:FIXME|XXX|HACK)\b": "write TODO(area): the condition that removes it",
    r"\bTODO\b(?!\([a-z0-9_/]+\): \S)": "a TODO is written TODO(area): the condition that removes it",
    r"/home/[a-z]{2,}/|/tmp/heddle\.git": "a path of one machine",
    r"\b(?:SPDX-License|All rights reserved|Copyright \()": "no licence banners",
    r"\b(?:kludge|quick and dirty|dummy implementation)\b": "say what is, and when it changes",
}
BANNED_CODE = {
    r"__attribute__\s*\(\(\s*weak|gnu::weak|#\s*pragma\s+weak|^\s*\.weak\b": "no weak symbols: a missing function is a link error",
    r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|alloca)\s*\(": "has no bound",
    r"\btypedef\s+struct\s+\w+\s+\w+\s*;": "structs are named struct x",
}


@dataclass(frozen=True)
class Finding:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


# --- sources ------------------------------------------------------------------------------------------------------------------------------

def tracked_files():
    """Returns: the files that belong to the tree, with uncommitted ones, without ignored ones."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):  # no git, or not a clone
        names = glob.glob("**/*", recursive=True)
    return sorted(n for n in names if os.path.isfile(n) and (n.split("/")[0] in SOURCES or "/" not in n or n.startswith(".ci/")))


def without_comments(text):
    """Returns: C code with comments and strings blanked, line numbers kept."""
    def blank(match):
        found = match.group(0)
        return found if found[0] not in "/\"'" else re.sub(r"[^\n]", " ", found)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(code):
    """Returns: (name, first line, number of lines) of the functions of a C file, by the braces in column 0."""
    found, start, name, previous = [], 0, "", ""
    for number, line in enumerate(code.splitlines(), 1):
        if line.startswith("{") or (re.match(r"[A-Za-z_].*\)\s*\{\s*$", line) and not start):
            start = number
            match = re.search(r"(\w+)\s*\(", line if "(" in line else previous)
            name = match.group(1) if match else "?"
        elif line.startswith("}") and start:
            if line.rstrip() == "}":
                found.append((name, start, number - start + 1))
            start = 0
        elif line and not line[0].isspace() and "(" in line:
            previous = line
    return found


def is_c(path):
    return path.endswith((".c", ".h", ".S"))


def portable(path):
    """Must this file be free of CPU names?"""
    parts = path.split("/")
    return parts[0] in ("abi", "kernel", *USER_SIDE) and not {"arch", "platform", "boot"} & set(parts[:-1]) and is_c(path)


# --- rules ----------------------------------------------------------------------------------------------------------------------------------

def check_text(path, text):
    if path in ("tools/check.py", "tests/tools/test_check.py", EXCEPTIONS):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in BANNED.items():
            if re.search(pattern, line):
                yield Finding("words", path, number, f"{line.strip()[:80]}: {why}")
        if line != line.rstrip() and is_c(path):
            yield Finding("spaces", path, number, "spaces at the end of the line")


def check_file(path, text):
    lines = text.count("\n")
    if path.endswith((".c", ".h", ".S", ".py", ".sh")) and lines >= FILE_LINES:
        yield Finding("file-length", path, lines, f"{lines} lines; fewer than {FILE_LINES}")
    if path.endswith((".c", ".h")) and not path.endswith("_test.c") and not text.startswith("/*"):
        yield Finding("opening", path, 1, "a file opens with a comment that says what it is")
    # A list of X(...), or what only includes such a list, is included several times.
    table = re.search(r"^[A-Z]\w*\(", text, re.M) or all(l.startswith(("#include", "/*", " *")) for l in text.splitlines() if l.strip())
    if path.endswith(".h") and not path.startswith("ports/") and not table and not re.search(r"^#ifndef \w+_H\n#define \w+_H\n", text, re.M):
        yield Finding("guard", path, 1, "a header has a guard")


def check_code(path, code):
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, why in BANNED_CODE.items() if not path.startswith(("tests/", "ports/")) and not path.endswith("_test.c") else ():
            if re.search(pattern, line):
                yield Finding("code", path, number, f"{line.strip()[:80]}: {why}")
        if portable(path) and CPU_NAME.search(line) and not re.match(r"\s*#\s*include\b", line):
            yield Finding("cpu-name", path, number, f"{line.strip()[:80]}: belongs in arch/, platform/ or boot/")


def check_functions(path, code, lengths):
    top = path.split("/")[0]
    for name, start, count in functions(code):
        lengths.setdefault(top, []).append(count)
        if count > FUNCTION_LINES:
            yield Finding("function-length", path, start, f"{name} has {count} lines; at most {FUNCTION_LINES}")
        body = code.splitlines()[start:start + count - 1]
        for offset, line in enumerate(body):
            if re.match(r"\s*#\s*(?:if|ifdef|ifndef)\b", line):
                yield Finding("ifdef", path, start + offset + 1, f"a feature #if inside {name}")


def include_folders(path):
    """Returns: where the headers of the other side lie, relative to which an #include would find them."""
    top = path.split("/")[0]
    if top in ("kernel", "boot"):
        return [f for f in ("lib/os", "lib/serve", "lib/drive", "lib/posix", "servers", "drivers") if os.path.isdir(f)], ["kernel", "boot", "abi"]
    if top in USER_SIDE:
        return ["kernel", "kernel/arch", "boot"], ["abi", "lib/os", "lib/serve", "lib/drive", "lib/posix", "personality/linux", os.path.dirname(path)]
    return [], []


def check_includes(path, text):
    forbidden, allowed = include_folders(path)
    if path.startswith(("tests/", "kernel/arch/host/")) or "_test." in path:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
        if not match:
            continue
        name = match.group(1)
        own = os.path.join(os.path.dirname(path), name)
        if os.path.exists(own) and not os.path.normpath(own).startswith(tuple(f + "/" for f in forbidden)):
            continue
        if any(os.path.exists(f"{f}/{name}") for f in forbidden) and not any(os.path.exists(f"{f}/{name}") for f in allowed):
            yield Finding("include", path, number, f"{name} is on the other side: kernel and programs meet in abi/")
        elif re.match(r"(?:\.\./)*(?:kernel|servers|drivers)/", name) and forbidden and path.split("/")[0] != name.lstrip("./").split("/")[0]:
            yield Finding("include", path, number, f"{name} is on the other side: kernel and programs meet in abi/")


def check_function_shares(lengths):
    for top, counts in sorted(lengths.items()):
        long = sum(c >= FUNCTION_USUAL for c in counts)
        if long * 10 > len(counts):
            yield Finding("function-share", top, 0, f"{long} of {len(counts)} functions have {FUNCTION_USUAL} lines or more; nine of ten are shorter")


def check_reference():
    """Do the reference pages say what the .idl files say?"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "tools/idlc.py", "--reference", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            yield Finding("idl", "abi", 0, done.stderr.strip())
            return
        for name in sorted(os.listdir(folder)):
            path = f"docs/reference/{name}"
            if not os.path.exists(path) or read(path) != read(os.path.join(folder, name)):
                yield Finding("reference", path, 1, "is not what the .idl says: make reference")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def source_findings():
    findings, lengths = [], {}
    for path in tracked_files():
        if not path.endswith((".c", ".h", ".S", ".py", ".sh", ".idl", ".md", ".ld", ".mk", ".scn", ".port", "Makefile", "heddle")):
            continue
        text = read(path)
        findings += [*check_text(path, text), *check_file(path, text)]
        if is_c(path) and not path.startswith("tests/bench/linux/"):  # a program of elsewhere
            code = without_comments(text)
            findings += [*check_code(path, code), *check_includes(path, text)]
            if path.endswith(".c"):
                findings += check_functions(path, code, lengths)
    return findings + [*check_function_shares(lengths), *check_reference()]


# --- exceptions -------------------------------------------------------------------------------------------------------------------------------

def split_exceptions(findings):
    """Returns: the findings that no exception covers, and the exceptions that cover none as findings."""
    entries = []
    for number, line in enumerate(read(EXCEPTIONS).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            fields = line.split(None, 2)
            if len(fields) < 3:
                return findings + [Finding("exceptions", EXCEPTIONS, number, "an exception is 'RULE PATH reason'")]
            entries.append((fields[0], fields[1], number))
    used, left = set(), []
    for finding in findings:
        match = next((e for e in entries if e[0] == finding.rule and e[1] == finding.path), None)
        used.add(match) if match else left.append(finding)
    stale = [Finding("exceptions", EXCEPTIONS, e[2], f"nothing needs '{e[0]} {e[1]}' any more: remove it") for e in entries if e not in used]
    return left + stale


# --- clang-tidy ---------------------------------------------------------------------------------------------------------------------------------

def from_make(arch, target):
    done = subprocess.run(["make", "-s", f"ARCH={arch}", f"O={build_folder(arch)}", target], capture_output=True, text=True, check=True)
    return done.stdout.split()


def tidy_jobs(arch, wanted=lambda path: True):
    """Returns: the commands for the sources of a machine's kernel, runtime and services."""
    from_make(arch, f"{build_folder(arch)}/gen/stamp")
    jobs = []
    for kind in ("kernel", "runtime", "user"):
        flags = [f for f in from_make(arch, f"print-{kind}-flags") if f not in ("-MMD", "-MP")]
        for path in filter(wanted, from_make(arch, f"print-{kind}-sources")):
            extra = [f"-I{os.path.dirname(path)}"] if kind == "user" else []
            jobs.append(["clang-tidy-19", "--quiet", "--warnings-as-errors=*", path, "--", *flags, *extra])
    return jobs


def all_tidy_jobs(arch):
    """All that one machine has, and of the others what is theirs alone."""
    jobs = tidy_jobs(arch)
    seen = {job[3] for job in jobs}
    for other in ALL:
        if other != arch:
            jobs += tidy_jobs(other, lambda path: path not in seen)
            seen |= {job[3] for job in jobs}
    return jobs


def tidy_one(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = []
    for line in done.stdout.splitlines():
        match = re.match(rf"(?:{re.escape(ROOT)}/)?([^:]+):(\d+):\d+: (?:error|warning): (.*)", line)
        if match and not match.group(1).startswith("build/"):
            findings.append(Finding("tidy", match.group(1), int(match.group(2)), match.group(3)))
    if done.returncode and not done.stdout.strip():
        findings.append(Finding("tidy", command[3], 1, (done.stderr or done.stdout).strip()[-400:]))
    return findings


def tidy_findings(arch):
    if not shutil.which("clang-tidy-19"):
        raise UserError("clang-tidy-19 is not installed; ./heddle setup installs it")
    found = in_parallel(os.cpu_count(), tidy_one, all_tidy_jobs(arch))
    return sorted({f for findings in found for f in findings}, key=lambda f: (f.path, f.line))


# --- sizes --------------------------------------------------------------------------------------------------------------------------------------

def code_lines(paths):
    """Returns: lines with code on them: no blanks, no comments."""
    return sum(1 for p in paths for line in re.sub(r"/\*.*?\*/|//[^\n]*", "", read(p), flags=re.S).splitlines() if line.strip())


def text_size(arch):
    kernel = f"{build_folder(arch)}/kernel.elf"
    if not os.path.exists(kernel):
        return "not built"
    done = subprocess.run(["llvm-size-19", "-A", kernel], capture_output=True, text=True, check=False)
    total = sum(int(f[1]) for f in map(str.split, done.stdout.splitlines()) if len(f) >= 2 and f[0].startswith(".text"))
    return f".text {total} bytes"


def print_sizes():
    files = [p for p in tracked_files() if is_c(p) and not p.endswith("_test.c")]
    def below(*tops):
        return [p for p in files if p.startswith(tuple(t + "/" for t in tops))]
    shared = [p for p in below("kernel") if not p.startswith(("kernel/arch/", "kernel/platform/"))] + [p for p in files if re.fullmatch(r"boot/[^/]+", p)]
    shared += [p for p in files if p == "kernel/arch/arch.h"]
    print(f"portable kernel  {code_lines(shared):6} lines (aim: at most {PORTABLE_AIM})")
    print(f"platform devices {code_lines(below('kernel/platform')):6} lines")
    for folder in sorted(glob.glob("kernel/arch/*/")):
        name = folder.split("/")[2]
        count = code_lines(below(f"kernel/arch/{name}", f"boot/{name}", f"abi/arch/{name}"))
        size = f", {text_size(name)}" if name in ALL else ""
        print(f"port {name:12}{count:6} lines{f' (aim: at most {PORT_AIM})' if name in ALL else ''}{size}")
    for top in USER_SIDE:
        print(f"{top:17}{code_lines(below(top)):6} lines")


# --- command ------------------------------------------------------------------------------------------------------------------------------------

def add_arguments(parser):
    parser.add_argument("--no-tidy", action="store_true", help="without clang-tidy")
    parser.add_argument("-a", dest="arch", default="x86_64", metavar="ARCH", help="the machine that clang-tidy sees all of; of the others their own files")


def check(arguments):
    if arguments.arch not in ALL:
        raise UserError(f"there is no machine '{arguments.arch}'; there are: {' '.join(ALL)}")


def run(arguments):
    findings = source_findings()
    if not arguments.no_tidy:
        for arch in ALL:
            make(arch, "kernel")  # with -Werror and the thread-safety analysis
        findings += tidy_findings(arguments.arch)
    findings = split_exceptions(findings)
    for finding in findings:
        print(finding)
    print_sizes()
    print(f"{len(findings)} findings")
    return 1 if findings else 0
