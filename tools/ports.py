#!/usr/bin/env python3
"""ports.py: fetches, verifies, unpacks and builds other people's software by the recipes in ports/.

    ports.py fetch NAME... [--arch MACHINE]...    into build/ports/NAME[-MACHINE]/; nothing to do is silent and quick
    ports.py path NAME [--arch MACHINE]           prints that folder, and fetches nothing
    ports.py latest NAME...                       what each suite has now, as lines for the recipe
    ports.py list                                 the recipes
    ports.py check                                the recipes are complete (no network)

Not here: the network and the cache (ports_fetch.py).
Invariant: a folder in build/ports/ is complete and was made from what its .stamp is the digest of.
"""

import argparse
import configparser
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

import ports_fetch
from ports_fetch import BUILD, DEBIAN_ARCH, ROOT, NotThere, PortError

RECIPES = os.path.join(ROOT, "ports")
OUT = os.path.join(BUILD, "ports")
MACHINES = list(DEBIAN_ARCH)
FORMAT = 1  # raised when the same recipe would give another folder
REQUIRED = ("version", "why", "licence", "home", "yields")


class Recipe:
    """One ports/NAME.port. Owner of nothing; fixed after it is read."""

    def __init__(self, name):
        self.name = name
        self.path = os.path.join(RECIPES, name + ".port")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", name) or not os.path.exists(self.path):
            raise PortError(f"there is no recipe '{name}'; there are: {' '.join(recipe_names())}")
        ini = configparser.ConfigParser(interpolation=None, delimiters=("=",))
        try:
            ini.read(self.path, encoding="utf-8")
        except configparser.Error as e:
            raise PortError(f"ports/{name}.port: {e}") from e
        self.about = dict(ini["port"]) if "port" in ini else {}
        self.files = {s.split()[1] if " " in s else "": dict(ini[s]) for s in ini if s.split()[0] == "file"}
        self.build = dict(ini["build"]) if "build" in ini else None
        self.needs = self.build.get("needs", "").split() if self.build else []
        listed = self.build.get("machines", "").split() if self.build else []
        self.built = MACHINES if listed == ["all"] else listed
        self.machines = [m for m in MACHINES if m in self.files or m in self.built]

    def file_for(self, machine):
        return self.files.get(machine or "", self.files.get(""))

    def is_built(self, machine):
        return self.build is not None and (machine in self.built or not self.machines)

    def faults(self):
        """What is missing or wrong, as sentences."""
        found = [f"[port] has no '{key}'" for key in REQUIRED if not self.about.get(key)]
        if not self.files and not self.build:
            found.append("has neither a [file] nor a [build]")
        found += [f"[file {m}]: '{m}' is no machine" for m in self.files if m and m not in MACHINES]
        for machine, entry in self.files.items():
            found += [f"[file {machine}] has no '{key}'" for key in ("pool", "suite", "take") if not entry.get(key)]
            for key in ("sha256", "upstream-sha256"):
                if not re.fullmatch(r"[0-9a-f]{64}", entry.get(key, "0" * 64 if key != "sha256" else "")):
                    found.append(f"[file {machine}]: {key} is not 64 hexadecimal digits")
            if not (entry.get("package") or entry.get("source")):
                found.append(f"[file {machine}] names neither a package nor a source")
        if self.build:
            found += [f"needs '{n}', which has no recipe" for n in self.needs if n not in recipe_names()]
            if not os.path.exists(os.path.join(RECIPES, self.build.get("script", "?"))):
                found.append("[build] names no script in ports/")
        return found


def recipe_names():
    return sorted(n[:-5] for n in os.listdir(RECIPES) if n.endswith(".port"))


def target(recipe, machine):
    return recipe.name + (f"-{machine}" if recipe.machines else "")


def folder(recipe, machine):
    return os.path.join(OUT, target(recipe, machine))


# ---- stamps --------------------------------------------------------------------------------------------------------

def tree_files(path):
    for base, dirs, names in os.walk(path):
        dirs.sort()
        for name in sorted(names):
            yield os.path.join(base, name)


def stamp_of(recipe, machine):
    """The digest of all that a folder is made from: recipe, script, overlay and what it needs."""
    inputs = [recipe.path]
    if recipe.is_built(machine):
        inputs += [os.path.join(RECIPES, name) for name in (recipe.build["script"], "machine.sh")]
        if overlay := recipe.build.get("overlay"):
            inputs += tree_files(os.path.join(RECIPES, overlay))
    digest = hashlib.sha256(b"%d" % FORMAT)
    for path in inputs:
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0")
        with open(path, "rb") as f:
            digest.update(f.read() + b"\0")
        for need in recipe.needs:
            digest.update(stamp_of(Recipe(need), machine).encode())
    return digest.hexdigest()


def is_made(recipe, machine):
    return ports_fetch.read_text(os.path.join(folder(recipe, machine), ".stamp")) == stamp_of(recipe, machine)


# ---- unpack --------------------------------------------------------------------------------------------------------

def deb_payload(path):
    """The data archive of a binary package, as a file object."""
    import io
    with open(path, "rb") as f:
        if f.read(8) != b"!<arch>\n":
            raise PortError(f"{path}: not a Debian package")
        while len(header := f.read(60)) == 60:
            size = int(header[48:58])
            if header[:16].startswith(b"data.tar"):
                return io.BytesIO(f.read(size))
            f.seek(size + size % 2, os.SEEK_CUR)
    raise PortError(f"{path}: a Debian package without data")


def take_list(text):
    """The recipe's 'take' as (path in the archive, path in the folder): lines of 'A -> B', or names that are kept."""
    for line in text.splitlines():
        if " -> " in line:
            source, dest = (part.strip() for part in line.split(" -> "))
            yield source, dest
        else:
            for name in line.split():
                yield name, name


def chosen(name, takes):
    """(which entry of takes it falls under, where it goes), or nothing."""
    for source, dest in takes:
        if source == "*":
            return source, name
        if source.endswith("/") and name.startswith(source):
            return source, dest + name[len(source):]
        if name == source:
            return source, dest
    return None


def unpack(archive, pool, entry, out):
    """Write what the recipe takes from the archive; every name taken must be there, and none may leave the folder."""
    import tarfile
    takes = list(take_list(entry["take"]))
    strip = int(entry.get("strip", "0"))
    missing = {source for source, _ in takes if source != "*"}
    deb = pool.endswith(".deb")
    with tarfile.open(fileobj=deb_payload(archive)) if deb else tarfile.open(archive) as tar:
        for member in tar:
            name = os.path.normpath(member.name).lstrip("/")
            name = "/".join(name.split("/")[strip:])
            pick = chosen(name, takes)
            if not pick or not (member.isfile() or member.issym()):
                continue
            missing.discard(pick[0])
            if ".." in pick[1].split("/"):
                raise PortError(f"{pool}: '{member.name}' would leave its folder")
            place(tar, member, os.path.join(out, pick[1]))
    if missing:
        raise PortError(f"{pool} has no {' '.join(sorted(missing))}")


def place(tar, member, dest):
    os.makedirs(os.path.dirname(dest), exist_ok=True)
    if member.issym():
        if member.linkname.startswith("/") or ".." in member.linkname.split("/"):
            return
        os.symlink(member.linkname, dest)
        return
    with open(dest, "wb") as f:
        shutil.copyfileobj(tar.extractfile(member), f)
    os.chmod(dest, 0o755 if member.mode & 0o100 else 0o644)
    os.utime(dest, (member.mtime, member.mtime))


# ---- make ----------------------------------------------------------------------------------------------------------

def pinned_file(recipe, machine, entry):
    places = [(f"{mirror}/{entry['pool']}", entry["sha256"]) for mirror in ports_fetch.mirrors()]
    if entry.get("upstream"):
        places.append((entry["upstream"], entry.get("upstream-sha256", entry["sha256"])))
    label = f"{recipe.name}" + (f" for {machine}" if machine else "")
    if not places and not ports_fetch.cached(entry["sha256"]):
        raise PortError(f"{label}: {os.path.basename(entry['pool'])} of Debian {entry['suite']} is needed, and this machine's "
                        "apt sources name no Debian archive.\nSet HEDDLE_DEBIAN_MIRROR to the address of one, or put the "
                        f"file at {os.path.join(ports_fetch.CACHE, entry['sha256'])}")
    try:
        return ports_fetch.fetch(label, places or [("", entry["sha256"])])
    except NotThere as e:
        raise PortError(f"{e}\nThe pinned file left the archive. {replacement(recipe, machine, entry)}") from e


def replacement(recipe, machine, entry):
    """A sentence that says what could take the place of a pin that is gone."""
    what = entry.get("package") or entry.get("source")
    try:
        now = candidates(entry, machine)
    except PortError as e:
        return f"What {entry['suite']} has now cannot be seen: {e}"
    if not now:
        return f"{entry['suite']} has no {what} any more: ports/{recipe.name}.port needs another suite."
    lines = "".join(f"\n  # {version}\n  pool = {pool}\n  sha256 = {digest}" for version, pool, digest in now)
    return f"{entry['suite']} has {what} {now[-1][0]} now; try it in ports/{recipe.name}.port:{lines}"


def candidates(entry, machine):
    return ports_fetch.newest(entry["suite"], entry.get("package"), machine, entry.get("source"))


def run_build(recipe, machine, out):
    """Run the recipe's script: it finds its inputs in the environment and leaves its result in $OUT."""
    work = os.path.join(OUT, ".work", target(recipe, machine))
    log = os.path.join(OUT, target(recipe, machine) + ".log")
    os.makedirs(work, exist_ok=True)
    env = {**os.environ, "OUT": out, "WORK": work, "ARCH": machine or "", "PORTS": RECIPES,
           "JOBS": os.environ.get("HEDDLE_JOBS") or str(os.cpu_count() or 1),
           "OVERLAY": os.path.join(RECIPES, recipe.build["overlay"]) if "overlay" in recipe.build else ""}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS"):
        env.pop(name, None)
    for need in recipe.needs:
        key = need.replace("-", "_").upper()
        env["NEED_" + key] = folder(Recipe(need), machine)
        env["WORK_" + key] = os.path.join(OUT, ".work", target(Recipe(need), machine))
    print(f"ports: building {target(recipe, machine)}", file=sys.stderr, flush=True)
    with open(log, "wb") as f:
        done = subprocess.run(["sh", "-eu", os.path.join(RECIPES, recipe.build["script"])], cwd=work, env=env,
                              stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
    if done.returncode:
        tail = "\n  ".join(ports_fetch.read_text(log).splitlines()[-15:])
        raise PortError(f"{target(recipe, machine)} does not build (status {done.returncode}); the end of {log}:\n  {tail}")


def make(recipe, machine):
    """Bring one folder up to date, and before it what it needs."""
    if recipe.machines and machine not in recipe.machines:
        raise PortError(f"{recipe.name} is not there for {machine}; it is for {' '.join(recipe.machines)}")
    if is_made(recipe, machine):
        return
    for need in recipe.needs if recipe.is_built(machine) else []:
        make(Recipe(need), machine)
    os.makedirs(OUT, exist_ok=True)
    final = folder(recipe, machine)
    fresh = os.path.join(OUT, f".new-{target(recipe, machine)}")
    with open(os.path.join(OUT, f".lock-{target(recipe, machine)}"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_made(recipe, machine):
            return
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        if entry := recipe.file_for(machine):
            unpack(pinned_file(recipe, machine, entry), entry["pool"], entry, fresh)
        if recipe.is_built(machine):
            run_build(recipe, machine, fresh)
        with open(os.path.join(fresh, ".stamp"), "w", encoding="utf-8") as f:
            f.write(stamp_of(recipe, machine))
        shutil.rmtree(final, ignore_errors=True)
        os.rename(fresh, final)


# ---- commands ------------------------------------------------------------------------------------------------------

def command_fetch(names, machines):
    for name in names:
        recipe = Recipe(name)
        if faults := recipe.faults():
            raise PortError(f"ports/{name}.port: " + "; ".join(faults))
        if not recipe.machines:
            make(recipe, None)
        for machine in (machines or recipe.machines) if recipe.machines else []:
            make(recipe, machine)


def command_path(names, machines):
    for name in names:
        recipe = Recipe(name)
        for machine in (machines or recipe.machines) if recipe.machines else [None]:
            print(folder(recipe, machine))


def command_latest(names, _):
    for name in names:
        for machine, entry in Recipe(name).files.items():
            print(f"[file {machine}]" if machine else "[file]", f"; {entry['suite']}")
            for version, pool, digest in candidates(entry, machine):
                same = "as pinned" if digest == entry["sha256"] else "another than pinned"
                print(f"; {version}, {same}\npool = {pool}\nsha256 = {digest}")


def command_list(*_):
    for name in recipe_names():
        recipe = Recipe(name)
        print(f"{name:14} {recipe.about.get('version', '?')}\n{'':14} {recipe.about.get('why', '?')}")


def command_check(*_):
    bad = [f"ports/{n}.port: {fault}" for n in recipe_names() for fault in Recipe(n).faults()]
    if bad:
        raise PortError("\n".join(bad))


def main():
    parser = argparse.ArgumentParser(prog="ports.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("command", choices=["fetch", "path", "latest", "list", "check"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--arch", "-a", action="append", default=[], metavar="MACHINE", help=", ".join(MACHINES) + ", all")
    args = parser.parse_args()
    machines = MACHINES if "all" in args.arch else args.arch
    if unknown := [m for m in machines if m not in MACHINES]:
        parser.error(f"'{unknown[0]}' is no machine; there are: {' '.join(MACHINES)}")
    if args.command in ("fetch", "path", "latest") and not args.names:
        parser.error(f"{args.command} of what? There are: {' '.join(recipe_names())}")
    commands = {"fetch": command_fetch, "path": command_path, "latest": command_latest,
                "list": command_list, "check": command_check}
    try:
        commands[args.command](args.names, machines)
    except PortError as e:
        print(f"ports: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
