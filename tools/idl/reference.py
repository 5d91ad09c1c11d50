"""Reference pages (docs/reference/*.md) from the same stanzas as the code."""

from .parser import SCALARS
from .syscalls import automatic_errors, symbol


def type_text(name, rights):
    return name + (" with " + ", ".join(rights) if rights else "")


def argument_text(a):
    words = []
    if a.mode:
        words.append(a.mode)
    if a.optional:
        words.append("optional")
    words.append(type_text(a.type, a.rights))
    words += [f"or {type_text(name, rights)}" for name, rights in a.others]
    if a.register:
        words.append("in " + a.register.replace(".high", "'s upper half"))
    return f"`{a.name}`: {' '.join(words)}"


def operation_text(title, op, errors):
    out = [f"### {title}\n\n", f"{op.text}\n\n" if op.text else ""]
    for what, arguments in (("Takes", op.inputs), ("Gives", op.results)):
        if arguments:
            out.append(f"{what} " + "; ".join(argument_text(a) for a in arguments) + ".\n\n")
    if op.idempotent:
        out.append("Can be repeated without harm.\n\n")
    if errors:
        out.append("| status | when |\n|---|---|\n")
        out += [f"| {status} | {reason or 'as its name says'} |\n" for status, reason in errors]
        out.append("\n")
    return "".join(out)


def syscalls_page(file):
    out = ["# System calls\n\nGenerated from `abi/syscalls.idl` by `make reference`.\n\n"
           "Register r0 takes the first argument; r0 gives the status, r1.. the results. "
           "Results are 0 when the status is not OK, unless the call says otherwise.\n\n"]
    for group in file.groups:
        out.append(f"## {group.name}\n\n{group.text}\n\n")
        for op in group.operations:
            out.append(operation_text(f"{symbol(group, op)} ({op.number:#04x})", op, automatic_errors(file, op) + op.errors))
    return "".join(out)


def protocol_page(group):
    out = [f"# Protocol {group.name}\n\n{group.text}\n\nGenerated from `protocols/{group.name}.idl` by `make reference`. "
           f"Protocol number {group.number}; label = {group.number} << 16 | operation.\n\n"]
    for op in group.operations:
        errors = [("NOT_SUPPORTED", "the server has no such operation")]
        if any(a.type == "u32" for a in op.inputs) or any(a.type == "cap" for a in op.inputs):
            errors.append(("INVALID_ARGUMENT", "a 32-bit argument has higher bits set, or capabilities are missing or too many"))
        out.append(operation_text(f"{op.name} ({op.number})", op, errors + op.errors))
    return "".join(out)
