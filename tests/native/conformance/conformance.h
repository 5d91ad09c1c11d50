/* conformance.h: the table of system calls (gen/conformance_table.c, from abi/syscalls.idl), and what is tried with each. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <test.h>

enum argument_kind : uint8_t { ARGUMENT_OBJECT, ARGUMENT_CAP, ARGUMENT_NUMBER, ARGUMENT_NUMBER32, ARGUMENT_ADDRESS };
enum type : uint8_t {
    TYPE_TASK, TYPE_THREAD, TYPE_MEM, TYPE_PORT, TYPE_SET, TYPE_REPLY, TYPE_NOTIFICATION, TYPE_IRQ, TYPE_IOPORT, TYPE_LEDGER, TYPE_CONTROL, TYPE_PROCESSORS,
    TYPES,
};

struct argument {
    const char *name;
    enum argument_kind kind;
    enum type type;
    uint32_t rights;
    bool optional;
};

struct call {
    const char *name;
    uint8_t number, argument_count;
    uint8_t cap_results; /* bit i: r[i] is a new capability */
    const struct argument *arguments;
    uint64_t statuses;   /* STATUS_BIT of each that the interface definition names */
};
#define STATUS_BIT(name) (1ull << -STATUS_##name)

/* A capability that a raw call takes, as one of the types that will do. */
struct raw_argument {
    const char *call, *name;
    uint8_t number, in; /* the system call's, the register's */
    bool high;          /* its upper half */
    enum type type;
    uint32_t types;     /* bit per type: all that will do */
    uint32_t rights;
    bool optional;
};
extern const struct raw_argument raw_arguments[];
extern const unsigned raw_argument_count;

extern const struct call calls[];
extern const unsigned call_count;

/* --- one good object of each type, made anew for each call (fixture.c) ------------------------------------------------------------------ */
struct fixture {
    cap_t object[TYPES]; /* CAP_NULL: the machine has no such thing */
    bool  has_messages, has_tree;
    cap_t facet, stale, spare;
    cap_t paged, paged_port; /* a memory object with a pager, that nobody is */
};
extern struct fixture fixture;
void fixture_prepare(void); /* once, before what the fixture costs is measured */
void fixture_create(void);
void fixture_destroy(void);

#define CHILD_MEMORY 0x40000000ull /* in the task of the fixture: four pages of anonymous memory */
#define CHILD_FREE   0x50000000ull /* nothing is mapped here */
#define CHILD_CAP    41            /* in its table: a capability */
#define PAGES 4
extern uint64_t buffer;      /* four pages of own memory, then nothing, */
extern uint64_t read_only;   /* four pages that are mapped for reading, */
extern uint64_t no_access;   /* and for nothing */

/* Arguments with which the call does what it is for (values.c). */
void good_arguments(const struct call *call, uint64_t r[8]);
/* The call has no effect beyond the fixture with this value? */
bool harmless(const struct call *call, const struct argument *argument, uint64_t value);
/* Rights that the argument needs because of the others' values. */
uint32_t rights_by_use(const struct call *call, const struct argument *argument);
/* Its buffer argument is written by the kernel, not read. */
bool fills_buffer(const struct call *call);

/* Make the call; it must return `wanted` and, unless that is OK, have changed nothing. */
void try_exactly(const struct call *call, uint64_t r[8], enum status wanted, const char *what, uint64_t value);
/* Make a raw call; unless its status is OK it must have changed nothing. */
enum status raw_call(uint64_t number, uint64_t r[9]);
/* Make the call; any status of its definition will do. Returns: it. */
enum status try_documented(const struct call *call, uint64_t r[8], const char *what, uint64_t value);

#endif
