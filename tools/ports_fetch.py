"""ports_fetch.py: gets a file whose sha256 is known, from the distribution's archive or the project's own release.

Not here: recipes, unpacking, building (ports.py).
Invariant: a file in the cache has the sha256 that is its name; nothing unverified is ever returned.

Files come through apt's own downloader with a configuration of our own, made from the machine's: its proxies,
credentials and mirrors are used, and its package state is neither read nor changed. No root is needed.
"""

import hashlib
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
CACHE = os.environ.get("HEDDLE_CACHE") or os.path.join(BUILD, "cache")
APT_HELPER = "/usr/lib/apt/apt-helper"
SUITES = {"bullseye", "bookworm", "trixie", "forky", "sid",
          "oldoldstable", "oldstable", "stable", "testing", "unstable"}
DEBIAN_ARCH = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64",
               "loongarch64": "loong64", "mips64el": "mips64el"}
TRIES = 4
PAUSE = 3  # seconds after the first failure; longer after each more


class PortError(Exception):
    """What went wrong, as a sentence for the user."""


class NotThere(PortError):
    """The server has no such file: trying again does not help."""


class WrongContent(PortError):
    """The file is there, and is not what was pinned."""


# ---- where the distribution's archive is ---------------------------------------------------------------------------

def stanzas(text):
    """The stanzas of a deb822 file, each a dict of lower-case field to value."""
    for block in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and last:
                fields[last] += "\n" + line.strip()
            elif ":" in line:
                last, value = line.split(":", 1)
                last = last.lower()
                fields[last] = value.strip()
        if fields:
            yield fields


def sources_of(path, text):
    """(URI, suite) pairs of one apt sources file, of either format."""
    if path.endswith(".sources"):
        for fields in stanzas(text):
            if fields.get("enabled", "yes").lower() not in ("no", "false", "0"):
                for uri in fields.get("uris", "").split():
                    for suite in fields.get("suites", "").split():
                        yield uri, suite
        return
    for line in text.splitlines():
        match = re.match(r"\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)", line)
        if match:
            yield match.groups()


def apt_files(etc="/etc/apt"):
    names = [os.path.join(etc, "sources.list")]
    parts = os.path.join(etc, "sources.list.d")
    if os.path.isdir(parts):
        names += sorted(os.path.join(parts, n) for n in os.listdir(parts) if n.endswith((".list", ".sources")))
    return names


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def plain_uris(uri):
    """The URIs behind one, where it is a list of mirrors kept in a file."""
    match = re.match(r"mirror\+file:(?://)?(/.*)", uri)
    if not match:
        return [uri]
    lines = read_text(match.group(1)).splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def mirrors():
    """Where Debian's archive can be had, best first: the user's word, the machine's sources, the distribution's list."""
    found = os.environ.get("HEDDLE_DEBIAN_MIRROR", "").split()
    for path in apt_files():
        for uri, suite in sources_of(path, read_text(path)):
            if suite.rstrip("/").split("-")[0] in SUITES and "-security" not in suite and "security" not in uri:
                found += [u for u in plain_uris(uri) if not u.startswith("cdrom:")]
    if not found:
        template = read_text("/usr/share/python-apt/templates/Debian.info")
        bases = re.findall(r"^BaseURI:\s*(\S+/debian/?)\s*$", template, re.M)
        found += bases[:1]
    return list(dict.fromkeys(uri.rstrip("/") for uri in found))


# ---- download ------------------------------------------------------------------------------------------------------

def private_apt():
    """The path of an apt configuration that shares nothing with the machine's but how to reach the network."""
    base = os.path.join(BUILD, "apt")
    for sub in ("state/lists/partial", "cache/archives/partial", "etc"):
        os.makedirs(os.path.join(base, sub), exist_ok=True)
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    lines = [line for line in dump.splitlines()
             if line.startswith("Acquire::") and not line.startswith("Acquire::IndexTargets")]
    lines += [f'Dir::State "{base}/state/";', f'Dir::State::status "{base}/state/status";',
              f'Dir::Cache "{base}/cache/";', f'Dir::Etc "{base}/etc/";',
              'Dir::Etc::netrc "/etc/apt/auth.conf";', 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";',
              'APT::Sandbox::User "root";', 'Acquire::Retries "0";']
    path = os.path.join(base, f"apt.conf.{os.getpid()}")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    open(os.path.join(base, "state/status"), "a", encoding="utf-8").close()
    return path


def get_by_apt(url, dest):
    conf = private_apt()
    try:
        run = subprocess.run([APT_HELPER, "download-file", url, dest], capture_output=True, text=True,
                             env={**os.environ, "APT_CONFIG": conf, "LC_ALL": "C"})
    finally:
        os.unlink(conf)
    if run.returncode != 0 or not os.path.exists(dest):
        said = (run.stderr + run.stdout).strip().splitlines()
        why = next((line for line in said if line.startswith("E:")), "") or " ".join(said[-2:])
        raise (NotThere if re.search(r"\b(404|410)\b|File not found", why) else PortError)(why)


def get_by_python(url, dest):
    import http.client
    import shutil
    import urllib.error
    import urllib.request
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, open(dest, "wb") as out:
            shutil.copyfileobj(answer, out)
            said = answer.headers.get("Content-Length")
            if said and int(said) != out.tell():
                raise PortError(f"it ended after {out.tell()} of {said} bytes")
    except urllib.error.HTTPError as e:
        raise (NotThere if e.code in (404, 410) else PortError)(f"{e.code} {e.reason}") from e
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise PortError(str(e)) from e


def get(url, dest):
    """Download url to dest, again after a pause where the network failed."""
    by = get_by_apt if os.access(APT_HELPER, os.X_OK) else get_by_python
    for left in range(TRIES - 1, -1, -1):
        try:
            return by(url, dest)
        except NotThere:
            raise
        except PortError:
            if os.path.exists(dest):
                os.unlink(dest)
            if not left:
                raise
            time.sleep(PAUSE * (TRIES - left))


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(f.read()).hexdigest()


def cached(wanted):
    path = os.path.join(CACHE, wanted)
    if not os.path.exists(path):
        return None
    if sha256(path) == wanted:
        return path
    os.unlink(path)
    return None


def fetch(label, places):
    """The path of a verified file: from the cache, or the first of places, pairs of (URL, its sha256), that has it.

    Raises NotThere when a place answered that it has no such file, and none had another content; PortError otherwise.
    """
    for _, wanted in places:
        if path := cached(wanted):
            return path
    os.makedirs(CACHE, exist_ok=True)
    troubles, kinds = [], set()
    for url, wanted in places:
        print(f"ports: fetching {os.path.basename(url)}", file=sys.stderr, flush=True)
        try:
            return fetch_one(url, wanted)
        except PortError as e:
            kinds.add(type(e))
            troubles.append(f"  {url}\n    {e}")
    gone = NotThere in kinds and WrongContent not in kinds
    raise (NotThere if gone else PortError)(f"{label}: cannot be fetched\n" + "\n".join(troubles))


def fetch_one(url, wanted):
    part = os.path.join(CACHE, f".{wanted}.{os.getpid()}")
    get(url, part)
    got = sha256(part)
    if got != wanted:
        os.unlink(part)
        raise WrongContent(f"has another content than the recipe's pin:\n"
                           f"    pinned  sha256 {wanted}\n    fetched sha256 {got}")
    path = os.path.join(CACHE, wanted)
    os.rename(part, path)
    return path


# ---- what a suite has now ------------------------------------------------------------------------------------------

def index(mirror, suite, where):
    """The stanzas of a suite's index; where is source or binary-ARCH."""
    import lzma
    name = "Sources" if where == "source" else "Packages"
    os.makedirs(CACHE, exist_ok=True)
    part = os.path.join(CACHE, f".index.{os.getpid()}")
    try:
        get(f"{mirror}/dists/{suite}/main/{where}/{name}.xz", part)
        with lzma.open(part, "rt", encoding="utf-8") as f:
            return f.read()
    finally:
        if os.path.exists(part):
            os.unlink(part)


def newest(suite, package=None, machine=None, source=None):
    """(version, pool path, sha256) of each file that could take a pin's place; empty when the suite has none."""
    name, where = (source, "source") if source else (package, "binary-" + DEBIAN_ARCH.get(machine, "amd64"))
    found = []
    for mirror in mirrors()[:1]:
        for block in re.findall(rf"^Package: {re.escape(name)}\n.*?(?=\n\n|\Z)", index(mirror, suite, where), re.M | re.S):
            fields = next(stanzas(block))
            if package:
                found.append((fields["version"], fields["filename"], fields["sha256"]))
                continue
            for line in fields["checksums-sha256"].split("\n"):
                if re.search(r"\.orig\.tar\.\w+$", line):
                    digest, _, base = line.split()
                    found.append((fields["version"], f"{fields['directory']}/{base}", digest))
    return found
