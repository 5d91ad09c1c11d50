"""From protocols/<name>.idl: the client's stubs (protocols/<name>.h) and the server's dispatch (protocols/<name>_server.h)."""

from .parser import SCALARS
from .syscalls import head


def words(arguments):
    return [a for a in arguments if a.type in SCALARS]


def caps(arguments):
    return [a for a in arguments if a.type == "cap"]


def window(op, mode):
    return next((a for a in op.inputs if a.mode == mode), None)


def c_type(a):
    return SCALARS.get(a.type, "cap_t")


def client_parameters(op):
    parameters = ["cap_t self"]
    for a in op.inputs:
        if a.mode == "in":
            parameters += [f"const void *{a.name}", f"size_t {a.name}_length"]
        elif a.mode == "out":
            parameters += [f"void *{a.name}", f"size_t {a.name}_length"]
        else:
            parameters.append(f"{c_type(a)} {a.name}")
    return parameters + [f"{c_type(a)} *{a.name}" for a in op.results]


def window_initialiser(a, mode):
    return f"    message.{mode} = (struct message_window){{(void *){a.name}, {a.name}_length}};\n" if a else ""


def put_caps(target, arguments, value, moved):
    """Returns: the lines that put capabilities into a message. Optional ones come last, so a null one ends the list."""
    out = []
    for i, a in enumerate(arguments):
        is_moved = moved(a)
        if a.optional:
            out.append(f"    if ({value(a)} != CAP_NULL)\n")
            if is_moved:
                out.append(f"        {target}.cap_move |= 1u << {target}.cap_count, {target}.cap[{target}.cap_count++] = {value(a)};\n")
            else:
                out.append(f"        {target}.cap[{target}.cap_count++] = {value(a)};\n")
        else:
            out.append(f"    {target}.cap[{i}] = {value(a)};\n")
    return out


def fixed_caps(arguments, moved):
    fixed = [a for a in arguments if not a.optional]
    return len(fixed), sum(1 << i for i, a in enumerate(fixed) if moved(a))


def client_stub(group, op):
    p = group.name
    count, move = fixed_caps(caps(op.inputs), lambda a: a.mode == "move")
    out = [f"\n/* {op.text} */\n" if op.text else "\n"]
    out.append(f"[[nodiscard]] static inline enum status {p}_{op.name}({', '.join(client_parameters(op))})\n{{\n")
    out.append("    struct message message;\n")
    out.append(f"    message.label = {p.upper()}_LABEL({p.upper()}_{op.name.upper()});\n")
    values = [f"(uint64_t){a.name}" for a in words(op.inputs)]
    out += [f"    message.word[{i}] = {values[i] if i < len(values) else 0};\n" for i in range(6)]
    out.append(f"    message.cap_count = {count};\n    message.cap_move = {move};\n")
    out += put_caps("message", caps(op.inputs), lambda a: a.name, lambda a: a.mode == "move")
    for mode in ("in", "out"):
        a = window(op, mode)
        out.append(window_initialiser(a, mode) if a else f"    message.{mode} = (struct message_window){{}};\n")
    call = "os_call_idempotent" if op.idempotent else "os_call"
    if not op.results:
        out.append(f"    return {call}(self, &message);\n}}\n")
        return "".join(out)
    out.append(f"    enum status status = {call}(self, &message);\n")
    for i, a in enumerate(words(op.results)):
        out.append(f"    *{a.name} = ({c_type(a)})message.word[{i}];\n")
    for i, a in enumerate(caps(op.results)):
        out.append(f"    *{a.name} = status == STATUS_OK && message.cap_count > {i} ? message.cap[{i}] : CAP_NULL;\n")
    out.append("    return status;\n}\n")
    return "".join(out)


def client_header(group, source):
    p = group.name
    guard = f"GEN_PROTOCOLS_{p.upper()}_H"
    out = [head(source), f"""/* {p}: {group.text} */
#ifndef {guard}
#define {guard}

#include <message_call.h>

#define {p.upper()}_PROTOCOL {group.number}u
#define {p.upper()}_LABEL(operation) ((uint64_t){p.upper()}_PROTOCOL << 16 | (operation))

enum {p}_operation : int {{
"""]
    out += [f"    {p.upper()}_{op.name.upper()} = {op.number},\n" for op in group.operations]
    out.append("};\n")
    out += [client_stub(group, op) for op in group.operations]
    out.append("\n#endif\n")
    return "".join(out)


def server_parameters(op):
    parameters = ["void *self", "struct request *rq"]
    parameters += [f"{c_type(a)} {a.name}" for a in op.inputs if a.type != "window"]
    return parameters + [f"{c_type(a)} *{a.name}" for a in op.results]


def server_put_results(op):
    """Returns: the body of <protocol>_<op>_put: results into the message of the answer."""
    count, move = fixed_caps(caps(op.results), lambda a: a.mode != "copy")
    out = []
    out += [f"    rq->message.word[{i}] = (uint64_t){a.name};\n" for i, a in enumerate(words(op.results))]
    if caps(op.results):
        out.append(f"    if (status == STATUS_OK) {{\n        rq->message.cap_count = {count};\n        rq->message.cap_move = {move};\n")
        out += ["    " + line for line in put_caps("rq->message", caps(op.results), lambda a: a.name, lambda a: a.mode != "copy")]
        out.append("    }\n")
    out.append("    request_reply(rq, status);\n")
    return out


def reply_function(group, op):
    parameters = ["struct request *rq", "enum status status"] + [f"{c_type(a)} {a.name}" for a in op.results]
    out = [f"\n/* Answer a deferred {op.name}. */\n"]
    out.append(f"static inline void {group.name}_{op.name}_reply({', '.join(parameters)})\n{{\n    request_clear(rq);\n")
    return "".join(out + server_put_results(op) + ["}\n"])


def decode_condition(op):
    """Returns: what must hold of a message before its arguments may be read, as C conditions that refuse it."""
    refused = [f"message->word[{i}] > UINT32_MAX" for i, a in enumerate(words(op.inputs)) if a.type == "u32"]
    all_caps = caps(op.inputs)
    needed = sum(not a.optional for a in all_caps)
    if needed == len(all_caps):
        refused.append(f"message->cap_count != {needed}")
    else:
        refused.append(f"message->cap_count > {len(all_caps)}")
        if needed:
            refused.append(f"message->cap_count < {needed}")
    return " || ".join(refused)


def dispatch_one(group, op):
    p = group.name
    out = [f"\nstatic inline bool {p}_dispatch_{op.name}(const struct {p}_ops *ops, void *self, struct request *rq)\n{{\n"]
    out.append("    struct message *message = &rq->message;\n")
    out.append(f"    if (!ops->{op.name})\n        return request_refuse(rq, STATUS_NOT_SUPPORTED);\n")
    out.append(f"    if ({decode_condition(op)})\n        return request_refuse(rq, STATUS_INVALID_ARGUMENT);\n")
    call, word, cap = ["self", "rq"], 0, 0
    for a in op.inputs:
        if a.type == "cap":
            call.append(f"message->cap_count > {cap} ? message->cap[{cap}] : CAP_NULL" if a.optional else f"message->cap[{cap}]")
            cap += 1
        elif a.type != "window":
            call.append(f"({c_type(a)})message->word[{word}]")
            word += 1
    out += [f"    {c_type(a)} {a.name} = 0;\n" for a in op.results]
    call += [f"&{a.name}" for a in op.results]
    out.append(f"    enum status status = ops->{op.name}({', '.join(call)});\n")
    out.append("    if (status != STATUS_DEFERRED)\n")
    out.append(f"        {p}_{op.name}_reply({', '.join(['rq', 'status'] + [a.name for a in op.results])});\n    return true;\n}}\n")
    return "".join(out)


def server_header(group, source):
    p = group.name
    guard = f"GEN_PROTOCOLS_{p.upper()}_SERVER_H"
    out = [head(source), f"""/* {p}, the server's side: fill in struct {p}_ops, hand it to {p}_dispatch. */
#ifndef {guard}
#define {guard}

#include <protocols/{p}.h>
#include <serve.h>

/* What a server does. An operation that is NULL answers NOT_SUPPORTED. One that returns STATUS_DEFERRED keeps the request and answers
 * later with its _reply function. Windows: rq->in_length, rq->out_length and the request_ functions of lib/serve. Capabilities that came
 * with the request belong to the operation; those it gives as results move to the client, unless the protocol says copy. */
struct {p}_ops {{
"""]
    for op in group.operations:
        text = f" /* {op.text} */" if op.text else ""
        out.append(f"    enum status (*{op.name})({', '.join(server_parameters(op))});{text}\n")
    out.append("};\n")
    out += [reply_function(group, op) for op in group.operations]
    out += [dispatch_one(group, op) for op in group.operations]
    out.append(f"""
/* Carry out a request. Returns: false when it is not of this protocol; then nothing was done. */
static inline bool {p}_dispatch(const struct {p}_ops *ops, void *self, struct request *rq)
{{
    if (rq->message.label >> 16 != {p.upper()}_PROTOCOL)
        return false;
    switch (rq->message.label & 0xffff) {{
""")
    for op in group.operations:
        out.append(f"    case {p.upper()}_{op.name.upper()}:\n        return {p}_dispatch_{op.name}(ops, self, rq);\n")
    out.append("    default:\n        return request_refuse(rq, STATUS_NOT_SUPPORTED);\n    }\n}\n\n#endif\n")
    return "".join(out)
