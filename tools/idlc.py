#!/usr/bin/env python3
"""idlc: the interface compiler. Reads abi/syscalls.idl and protocols/*.idl, writes C, JSON and reference pages.

    idlc.py --out build/x86_64/gen [--reference docs/reference] [--root .]

Exit status 2 and a line "file:line: what is wrong" when an .idl file is malformed. Files whose text does not change are left alone,
so that nothing is rebuilt for them."""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import write_whole
from idl import protocols, reference, syscalls
from idl.parser import IdlError, parse_file, statuses_of


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    write_whole(path, text.encode())


def read_statuses(root):
    path = os.path.join(root, "abi/status.h")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return statuses_of(f.read())


def read_protocols(root, statuses):
    """Returns: the protocols of all files, in the order of their names; numbers and names must differ."""
    folder = os.path.join(root, "protocols")
    names = sorted(n for n in os.listdir(folder) if n.endswith(".idl")) if os.path.isdir(folder) else []
    groups, seen = [], {}
    for name in names:
        file = parse_file(os.path.join(folder, name), statuses)
        for group in file.groups:
            if group.kind != "protocol":
                raise IdlError(group.place, "objects belong in abi/syscalls.idl")
            if group.name + ".idl" != name:
                raise IdlError(group.place, f"protocol '{group.name}' belongs in protocols/{group.name}.idl")
            if group.number in seen:
                raise IdlError(group.place, f"number {group.number} is taken by protocol '{seen[group.number]}'")
            seen[group.number] = group.name
            groups.append(group)
    return groups


def outputs(root):
    """Returns: {path below --out: text}, {page name: text}."""
    statuses = read_statuses(root)
    files, pages = {}, {}
    path = os.path.join(root, "abi/syscalls.idl")
    if os.path.exists(path):
        file, source = parse_file(path, statuses), "abi/syscalls.idl"
        for group in file.groups:
            if group.kind != "object":
                raise IdlError(group.place, "protocols belong in protocols/<name>.idl")
        files["syscall_numbers.h"] = syscalls.numbers_header(file, source)
        files["syscalls_kernel.h"] = syscalls.kernel_header(file, source)
        files["syscalls_dispatch.c"] = syscalls.kernel_dispatch(file, source)
        files["syscalls.h"] = syscalls.user_header(file, source)
        files["syscalls.json"] = syscalls.machine_readable(file)
        pages["syscalls.md"] = reference.syscalls_page(file)
    for group in read_protocols(root, statuses):
        source = f"protocols/{group.name}.idl"
        files[f"protocols/{group.name}.h"] = protocols.client_header(group, source)
        files[f"protocols/{group.name}_server.h"] = protocols.server_header(group, source)
        pages[f"{group.name}.md"] = reference.protocol_page(group)
    return files, pages


def main():
    parser = argparse.ArgumentParser(description="the interface compiler")
    parser.add_argument("--root", default=".", help="the source tree")
    parser.add_argument("--out", help="folder for C and JSON")
    parser.add_argument("--reference", help="folder for the reference pages")
    arguments = parser.parse_args()
    try:
        files, pages = outputs(arguments.root)
    except IdlError as error:
        print(error, file=sys.stderr)
        return 2
    for folder, texts in ((arguments.out, files), (arguments.reference, pages)):
        for name, text in texts.items() if folder else ():
            write_if_changed(os.path.join(folder, name), text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
