/* values.c: numbers and addresses that calls are tried with. */
#include "conformance.h"

struct value {
    const char *call, *argument; /* NULL: any */
    uint64_t value;
};

/* The first that fits; 0 when none does. */
static const struct value good[] = {
    {"cap_install", "rights", RIGHT_MEM_READ},
    {"cap_install", "index", 40},
    {"cap_derive", "rights", RIGHT_MEM_READ},
    {"task_read_memory", "address", CHILD_MEMORY},
    {"task_write_memory", "address", CHILD_MEMORY},
    {"task_set_upcall", nullptr, 0},
    {"thread_create", "thread_page", CHILD_FREE},
    {"thread_start", "pc", CHILD_MEMORY},
    {"thread_start", "sp", CHILD_MEMORY + OS_PAGE_SIZE},
    {"thread_set_affinity", "cpus", 1},
    {"mem_create", "size", OS_PAGE_SIZE},
    {"mem_create_dma", "size", OS_PAGE_SIZE},
    {"mem_create_physical", "address", 1ull << 40},
    {"mem_create_physical", "size", OS_PAGE_SIZE},
    {"mem_resize", "size", 2 * OS_PAGE_SIZE},
    {"mem_clone", "size", 2 * OS_PAGE_SIZE},
    {"mem_part", "size", 2 * OS_PAGE_SIZE},
    {"mem_part", "rights", RIGHT_MEM_READ},
    {"mem_map", "address", CHILD_FREE},
    {"mem_map", "flags", PROT_BIT_READ | MAP_FIXED_ADDRESS},
    {"mem_protect", "prot", PROT_BIT_READ},
    {"mem_move", "new_length", 2 * OS_PAGE_SIZE},
    {"mem_move", "new_address", CHILD_FREE},
    {"mem_move", "flags", MOVE_MAY},
    {"pager_create", "size", OS_PAGE_SIZE},
    {"pager_swap", "size", 1ull << 20},
    {"pager_refuse", "reason", (uint64_t)STATUS_IO_ERROR},
    {nullptr, "address", CHILD_MEMORY},
    {"port_badge", "rights", RIGHT_PORT_SEND},
    {"irq_create", "number", 13},
    {"ioport_create", "first", 0x81},
    {"ioport_create", "count", 1},
    {"ioport_read", "width", 1},
    {"ioport_write", "width", 1},
    {"ledger_set_limit", "limit", UINT64_MAX},
    {"notification_bind_timer", "deadline_ns", DEADLINE_NONE},
    {"processors_create", "count", 1},
    {"processors_set_count", "count", 1},
    {"processors_park", "deadline_ns", 1},
    {"thread_set_weight", "weight", 1},
    {"system_power", "action", 2},
    {"system_set_cpu", "on", 1},
    {"system_debug_write", "length", 1},
    {"system_log", "length", 1},
    {"mem_resident", "length", PAGES * OS_PAGE_SIZE},
    {nullptr, "length", OS_PAGE_SIZE},
    {nullptr, "mask", 1},
};

static bool fits(const char *pattern, const char *name)
{
    return !pattern || !strcmp(pattern, name);
}

static uint64_t good_number(const struct call *call, const struct argument *argument)
{
    if (!strcmp(argument->name, "buffer") || !strncmp(call->name, "futex", 5))
        return argument->kind == ARGUMENT_ADDRESS ? buffer : 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(good); i++)
        if (fits(good[i].call, call->name) && fits(good[i].argument, argument->name))
            return good[i].value;
    return 0;
}

void good_arguments(const struct call *call, uint64_t r[8])
{
    for (unsigned i = 0; i < 8; i++)
        r[i] = 0;
    for (unsigned i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (argument->kind == ARGUMENT_OBJECT)
            r[i] = argument->type == TYPE_MEM && !strncmp(call->name, "pager_", 6) ? fixture.paged : fixture.object[argument->type];
        else
            r[i] = argument->kind != ARGUMENT_CAP ? good_number(call, argument) : strcmp(call->name, "cap_remove") ? fixture.spare : CHILD_CAP;
    }
}

bool harmless(const struct call *call, const struct argument *argument, uint64_t value)
{
    if (!strcmp(call->name, "system_power"))
        return value > 1;
    if (strcmp(call->name, "system_debug_write") && strcmp(call->name, "system_log"))
        return true;
    /* small amounts of what is there would be shown */
    return strcmp(argument->name, "length") ? value < USER_BASE || value >= USER_END : value > 0x1000;
}

uint32_t rights_by_use(const struct call *call, const struct argument *argument)
{
    if (argument->kind == ARGUMENT_CAP && (!strcmp(call->name, "cap_derive") || !strcmp(call->name, "cap_install")))
        return RIGHT_MEM_READ; /* asked for */
    bool uses = !strcmp(call->name, "mem_map") || !strcmp(call->name, "mem_part");
    return uses && argument->type == TYPE_MEM && argument->kind == ARGUMENT_OBJECT ? RIGHT_MEM_READ : 0;
}

bool fills_buffer(const struct call *call)
{
    static const char *const names[] = {"task_read_memory", "mem_read", "mem_resident", "mem_mappings", "reply_read", "system_debug_read"};
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
        if (!strcmp(names[i], call->name))
            return true;
    return false;
}
