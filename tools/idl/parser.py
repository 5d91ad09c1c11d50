"""Reads .idl files into the plain classes below; every error names its file and line.

A statement starts at the left-most column of its block; it goes on while a parenthesis is open or the next line is indented deeper.

    type mem struct mem_object OBJECT_MEM object
    object mem "Memory objects."
    op size 0x33 (self: mem[INFO]) -> (size: u64) "What it does." errors(NO_MEMORY "when")
    raw op call 0x01 (target: port[SEND] at r0) "r0 = ..." flags     (the capabilities alone; `at r8.high`: the upper half of a register)
    raw op wait 0x02 (source: opt port[RECEIVE] or set[WAIT] at r8) "r8 = ..."
    op wake 0x71 (address: uaddr) -> (woken: u64) "..." restarts

    protocol file 3 "Open files."
    op read 1 (offset: u64, out data: window) -> (count: u64) "..." errors(IO_ERROR) idempotent
"""

import re
from dataclasses import dataclass, field

SCALARS = {"u64": "uint64_t", "u32": "uint32_t", "s64": "int64_t", "uaddr": "uaddr_t"}
COMMON_RIGHTS = {"COPY", "REVOKE"}
MAX_INPUTS = 8
MAX_RESULTS = 7
MAX_SYSCALL = 0xFF
MAX_WORDS = 6
MAX_CAPS = 4

TOKEN = re.compile(r'''(?P<space>[ \t]+)|(?P<comment>\#.*)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<arrow>->)
                      |(?P<number>0[xX][0-9a-fA-F]+|[0-9]+)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<punct>[()\[\]:,|.])''', re.X)

RESERVED_NAMES = set("""auto bool break case char const continue default do double else enum extern false float for goto if inline int long
    nullptr register restrict return short signed sizeof static struct switch true typedef typeof union unsigned void volatile while
    f t r m rq ops object_ st""".split())


class IdlError(Exception):
    def __init__(self, place, message):
        super().__init__(f"{place[0]}:{place[1]}: {message}")


@dataclass
class Token:
    kind: str  # string number word punct arrow
    text: str
    place: tuple  # (file, line)


@dataclass
class Argument:
    name: str
    type: str                                   # u64 u32 s64 uaddr cap window, or an object type
    rights: list = field(default_factory=list)  # names without RIGHT_<TYPE>_
    optional: bool = False
    mode: str = ""                              # "in"/"out" of windows, "move"/"copy" of capabilities
    place: tuple = ("", 0)
    register: str = ""                          # of a raw op: where the handle is, as "r0" or "r8.high"
    others: list = field(default_factory=list)  # of a raw op: (object type, rights) that will do as well


@dataclass
class Operation:
    name: str
    number: int
    inputs: list
    results: list
    text: str
    errors: list       # (status name, reason or "")
    raw: bool
    idempotent: bool
    flags: bool        # raw: its number may carry MESSAGE_* flags
    restarts: bool     # it may be made again with what was done so far noted in a register of its own
    place: tuple


@dataclass
class Group:
    """An object of the system call interface, or a protocol."""
    kind: str          # "object" or "protocol"
    name: str
    number: int        # protocols only
    text: str
    operations: list
    place: tuple


@dataclass
class ObjectType:
    name: str
    struct: str        # "struct mem_object"
    constant: str      # "OBJECT_MEM"
    member: str
    place: tuple


@dataclass
class File:
    path: str
    types: dict
    groups: list


def split_statements(path, text):
    """Returns: the statements of the file, each a list of tokens."""
    statements, depth, indent = [], 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        tokens = tokens_of_line(path, number, line)
        if not tokens:
            continue
        line_indent = len(line) - len(line.lstrip())
        if depth == 0 and (not statements or line_indent <= indent):
            statements.append([])
            indent = line_indent
        statements[-1].extend(tokens)
        for token in tokens:
            if token.kind == "punct":
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
            if depth < 0:
                raise IdlError(token.place, f"'{token.text}' closes nothing")
    if depth:
        raise IdlError(statements[-1][0].place, "a parenthesis of this statement is never closed")
    return statements


def tokens_of_line(path, number, line):
    tokens, at = [], 0
    while at < len(line):
        match = TOKEN.match(line, at)
        if not match:
            what = "a string that does not end on its line" if line[at] == '"' else f"unexpected character '{line[at]}'"
            raise IdlError((path, number), what)
        at = match.end()
        if match.lastgroup not in ("space", "comment"):
            tokens.append(Token(match.lastgroup, match.group(), (path, number)))
    return tokens


class Statement:
    """A cursor over the tokens of one statement."""

    def __init__(self, tokens):
        self.tokens, self.at = tokens, 0

    @property
    def place(self):
        return self.tokens[min(self.at, len(self.tokens) - 1)].place

    def peek(self, text=None, kind=None):
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return (text is None or token.text == text) and (kind is None or token.kind == kind)

    def accept(self, text):
        if self.peek(text) and not self.peek(kind="string"):
            self.at += 1
            return True
        return False

    def expect(self, what, text=None, kind=None):
        if not self.peek(text, kind):
            found = f"'{self.tokens[self.at].text}'" if self.at < len(self.tokens) else "the end of the statement"
            raise IdlError(self.place, f"expected {what}, found {found}")
        self.at += 1
        return self.tokens[self.at - 1].text

    def word(self, what):
        return self.expect(what, kind="word")

    def name(self, what):
        place, name = self.place, self.word(what)
        if name in RESERVED_NAMES:
            raise IdlError(place, f"'{name}' cannot be used as {what}")
        return name

    def number(self, what):
        return int(self.expect(what, kind="number"), 0)

    def string(self, what):
        return self.expect(what, kind="string")[1:-1].replace('\\"', '"').replace("\\\\", "\\")

    def end(self):
        if self.at < len(self.tokens):
            raise IdlError(self.place, f"unexpected '{self.tokens[self.at].text}'")


class Parser:
    def __init__(self, path, text, statuses=None):
        self.file = File(path, {}, [])
        self.statuses = statuses  # set of names, or None when unknown
        for tokens in split_statements(path, text):
            self.statement(Statement(tokens))

    def statement(self, s):
        keyword = s.word("a statement")
        if keyword == "type":
            self.type(s)
        elif keyword in ("object", "protocol"):
            self.group(s, keyword)
        elif keyword == "raw":
            s.expect("'op'", "op")
            self.operation(s, raw=True)
        elif keyword == "op":
            self.operation(s, raw=False)
        else:
            raise IdlError(s.tokens[0].place, f"unknown statement '{keyword}' (type, object, protocol, op or raw op)")
        s.end()

    def type(self, s):
        place, name = s.place, s.name("a type name")
        if name in self.file.types or name in SCALARS or name in ("cap", "window"):
            raise IdlError(place, f"type '{name}' is there already")
        s.expect("'struct'", "struct")
        struct = "struct " + s.word("a struct name")
        self.file.types[name] = ObjectType(name, struct, s.word("an OBJECT_ constant"), s.word("the object member's name"), place)

    def group(self, s, kind):
        place, name = s.place, s.word(f"the name of the {kind}")
        if any(g.name == name for g in self.file.groups):
            raise IdlError(place, f"{kind} '{name}' is there already")
        number = s.number("the protocol's number") if kind == "protocol" else 0
        if kind == "protocol" and not 0 < number < 1 << 16:
            raise IdlError(place, f"protocol number {number} is not in 1..65535")
        self.file.groups.append(Group(kind, name, number, s.string("a description in quotes"), [], place))

    def operation(self, s, raw):
        if not self.file.groups:
            raise IdlError(s.place, "an op before any object or protocol")
        group = self.file.groups[-1]
        if raw and group.kind == "protocol":
            raise IdlError(s.place, "a protocol has no raw ops")
        place, name = s.place, s.word("the op's name")
        number = s.number("the op's number")
        inputs, results = [], []
        if s.peek("("):
            inputs = self.arguments(s, raw)
            if s.accept("->"):
                results = self.arguments(s)
        elif not raw:
            raise IdlError(s.place, "expected '(' and the arguments")
        text = s.string("what the op does, in quotes")
        errors = self.errors(s) if s.accept("errors") else []
        op = Operation(name, number, inputs, results, text, errors, raw, s.accept("idempotent"), raw and s.accept("flags"), not raw and s.accept("restarts"), place)
        self.check_numbers(group, op)
        check = self.check_protocol_op if group.kind == "protocol" else self.check_syscall
        check(op)
        group.operations.append(op)

    def arguments(self, s, raw=False):
        s.expect("'('", "(")
        arguments = []
        while not s.accept(")"):
            if arguments:
                s.expect("',' or ')'", ",")
            argument = self.argument(s)
            if raw:
                self.raw_argument(s, argument)
            if any(a.name == argument.name for a in arguments):
                raise IdlError(argument.place, f"two arguments are named '{argument.name}'")
            arguments.append(argument)
        return arguments

    def argument(self, s):
        place, first = s.place, s.word("an argument's name")
        mode = ""
        if first in ("in", "out") and s.peek(kind="word"):
            mode, place, first = first, s.place, s.word("the window's name")
        if first in RESERVED_NAMES:
            raise IdlError(place, f"'{first}' cannot be the name of an argument")
        s.expect("':' and a type", ":")
        optional = s.accept("opt")
        if s.peek("move") or s.peek("copy"):
            mode = s.word("")
        type_place, type_name = s.place, s.word("a type")
        if type_name not in SCALARS and type_name not in ("cap", "window") and type_name not in self.file.types:
            raise IdlError(type_place, f"unknown type '{type_name}'")
        argument = Argument(first, type_name, self.rights(s), optional, mode, place)
        self.check_argument(argument)
        return argument

    def rights(self, s):
        rights = []
        if s.accept("["):
            rights.append(s.word("a right"))
            while s.accept("|"):
                rights.append(s.word("a right"))
            s.expect("']'", "]")
        return rights

    def raw_argument(self, s, a):
        """What follows an argument of a raw op, which is a capability: other types that will do, and the register."""
        while s.accept("or"):
            place, name = s.place, s.word("an object type")
            if name not in self.file.types:
                raise IdlError(place, f"'{name}' is no object type")
            a.others.append((name, self.rights(s)))
        s.expect("'at' and a register", "at")
        a.register = s.word("a register")
        if s.accept("."):
            a.register += "." + s.expect("'high'", "high")
        if a.type not in self.file.types:
            raise IdlError(a.place, f"'{a.name}': of a raw op only capabilities are described")
        if not re.fullmatch(r"r[0-8](\.high)?", a.register):
            raise IdlError(a.place, f"'{a.name}': '{a.register}' is no register")

    def check_argument(self, a):
        is_object = a.type in self.file.types
        if a.type == "cap" and set(a.rights) - COMMON_RIGHTS:
            raise IdlError(a.place, f"'{a.name}': rights of capabilities of any type are {', '.join(sorted(COMMON_RIGHTS))}")
        if a.rights and not is_object and a.type != "cap":
            raise IdlError(a.place, f"'{a.name}': only a capability takes rights")
        if a.optional and not is_object and a.type != "cap":
            raise IdlError(a.place, f"'{a.name}': only a capability can be optional")
        if (a.type == "window") != (a.mode in ("in", "out")):
            raise IdlError(a.place, f"'{a.name}': a window is written 'in {a.name}: window' or 'out {a.name}: window'")
        if a.mode in ("move", "copy") and a.type != "cap":
            raise IdlError(a.place, f"'{a.name}': only a cap is moved or copied")

    def errors(self, s):
        s.expect("'('", "(")
        errors = []
        while not s.accept(")"):
            if errors:
                s.expect("',' or ')'", ",")
            place, name = s.place, s.word("a status name")
            if self.statuses is not None and name not in self.statuses:
                raise IdlError(place, f"there is no status '{name}' in abi/status.h")
            errors.append((name, s.string("") if s.peek(kind="string") else ""))
        return errors

    def check_numbers(self, group, op):
        others = group.operations if group.kind == "protocol" else [o for g in self.file.groups for o in g.operations]
        for other in others:
            if other.number == op.number:
                raise IdlError(op.place, f"number {op.number:#x} is taken by '{other.name}' (line {other.place[1]})")
        for other in group.operations:
            if other.name == op.name:
                raise IdlError(op.place, f"op '{op.name}' is there already (line {other.place[1]})")

    def check_syscall(self, op):
        if not 0 <= op.number <= MAX_SYSCALL:
            raise IdlError(op.place, f"system call number {op.number:#x} is not in 0..{MAX_SYSCALL:#x}")
        if len(op.inputs) + op.restarts > MAX_INPUTS:
            raise IdlError(op.place, f"'{op.name}' has {len(op.inputs)} arguments; at most {MAX_INPUTS - op.restarts} fit")
        if len(op.results) > MAX_RESULTS:
            raise IdlError(op.place, f"'{op.name}' has {len(op.results)} results; at most {MAX_RESULTS} fit")
        for a in op.inputs + op.results:
            if a.type == "window" or a.mode:
                raise IdlError(a.place, f"'{a.name}': windows, move and copy are for protocols")
        for a in op.results:
            if a.type in self.file.types or a.optional:
                raise IdlError(a.place, f"result '{a.name}' must be a plain scalar or cap")
        check_distinct(op)

    def check_protocol_op(self, op):
        if not 0 < op.number < 1 << 16:
            raise IdlError(op.place, f"operation number {op.number} is not in 1..65535")
        for a in op.inputs + op.results:
            if a.name in ("self", "status", "message"):
                raise IdlError(a.place, f"'{a.name}' cannot be the name of an argument of a protocol's op")
            if a.rights:
                raise IdlError(a.place, f"'{a.name}': rights are for system calls")
        for what, arguments in (("arguments", op.inputs), ("results", op.results)):
            if sum(a.type in SCALARS for a in arguments) > MAX_WORDS:
                raise IdlError(op.place, f"'{op.name}' has more than {MAX_WORDS} scalar {what}")
            caps = [a for a in arguments if a.type == "cap"]
            if len(caps) > MAX_CAPS:
                raise IdlError(op.place, f"'{op.name}' has more than {MAX_CAPS} capabilities as {what}")
            if any(a.optional and not b.optional for a, b in zip(caps, caps[1:])):
                raise IdlError(op.place, f"'{op.name}': an optional cap must come after the others")
        for mode in ("in", "out"):
            if sum(a.mode == mode for a in op.inputs) > 1:
                raise IdlError(op.place, f"'{op.name}' has more than one '{mode}' window")
        if any(a.type == "window" for a in op.results):
            raise IdlError(op.place, f"'{op.name}': a window is an argument, never a result")
        check_distinct(op)


def check_distinct(op):
    names = {a.name for a in op.inputs}
    for a in op.results:
        if a.name in names:
            raise IdlError(a.place, f"result '{a.name}' has the name of an argument")


def statuses_of(text):
    """Returns: the names in the table of abi/status.h."""
    return set(re.findall(r"\bX\((\w+),", text))


def parse_file(path, statuses=None):
    with open(path, encoding="utf-8") as f:
        return Parser(path, f.read(), statuses).file
