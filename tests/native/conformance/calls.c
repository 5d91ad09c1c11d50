/* calls.c: every system call of the table with every wrong argument. Not here: raw calls (raw.c). */
#include "conformance.h"

/* These end or change the caller itself. */
static bool skipped(const struct call *call)
{
    return !strcmp(call->name, "thread_exit");
}

/* Every object that it needs is there on this machine. */
static bool possible(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++)
        if (call->arguments[i].kind == ARGUMENT_OBJECT && fixture.object[call->arguments[i].type] == CAP_NULL)
            return false;
    return !skipped(call);
}

/* Each kind of failure is shown once. */
static void describe(const struct call *call, const char *what, uint64_t value, enum status got, const char *text)
{
    static const struct call *last_call;
    static const char *last_what;
    static uint64_t shown;
    test_failures++;
    if (call != last_call || what != last_what)
        shown = 0;
    last_call = call;
    last_what = what;
    if (shown >> (-got & 63) & 1)
        return;
    shown |= 1ull << (-got & 63);
    test_say("FAIL %s: %s (%#llx): %s (%d): %s", call->name, what, (unsigned long long)value, test_status_name(got), (int)got, text);
}

/* What earlier calls made is being given back meanwhile: wait for the end of that. */
static void settle(void)
{
    struct balance last, now;
    balance_take(&now);
    do {
        last = now;
        test_sleep(2 * MILLISECONDS);
        balance_take(&now);
    } while (!balance_equal(&last, &now, false));
}

static enum status make_call(const struct call *call, uint64_t r[8], const char *what, uint64_t value)
{
    for (int tries = 0;; tries++) {
        struct balance before, now;
        uint64_t arguments[8];
        memcpy(arguments, r, sizeof arguments);
        balance_take(&before);
        enum status status = os_syscall(call->number, arguments);
        balance_take(&now);
        bool as_before = status == STATUS_OK || balance_equal(&before, &now, false);
        if (as_before || tries == 2) {
            memcpy(r, arguments, sizeof arguments);
            if (!as_before)
                describe(call, what, value, status, "failed, and something changed");
            return status;
        }
        settle();
    }
}

void try_exactly(const struct call *call, uint64_t r[8], enum status wanted, const char *what, uint64_t value)
{
    enum status status = make_call(call, r, what, value);
    if (status != wanted)
        describe(call, what, value, status, test_status_name(wanted));
}

enum status try_documented(const struct call *call, uint64_t r[8], const char *what, uint64_t value)
{
    enum status status = make_call(call, r, what, value);
    if (status > 0 || status <= -64 || !(call->statuses >> -status & 1))
        describe(call, what, value, status, "is not in its definition");
    return status;
}

/* Do this with every call, each with objects of its own. */
static void for_each_call(void (*run)(const struct call *call))
{
    for (unsigned i = 0; i < call_count; i++) {
        struct balance before;
        fixture_prepare();
        balance_take(&before);
        unsigned failures = test_failures;
        fixture_create();
        if (possible(&calls[i]))
            run(&calls[i]);
        fixture_destroy();
        EXPECT_BALANCE(&before, false);
        if (test_failures != failures)
            test_say("     ... with %s", calls[i].name);
    }
}

/* New capabilities go again; that of cap_install is in the table of the fixture's task. */
static void drop_results(const struct call *call, const uint64_t r[8])
{
    for (unsigned i = 1; i < 8; i++)
        if (call->cap_results >> i & 1 && strcmp(call->name, "cap_install"))
            os_drop((cap_t)r[i]);
    if (!strcmp(call->name, "pager_swap"))
        EXPECT_OK(os_pager_swap_off(BOOTSTRAP_CONTROL));
}

/* --- handles ------------------------------------------------------------------------------------------------------------------------------ */

static void try_handle(const struct call *call, unsigned at, uint64_t handle, enum status wanted, const char *what)
{
    uint64_t r[8];
    good_arguments(call, r);
    r[at] = handle;
    try_exactly(call, r, wanted, what, handle);
}

static void bad_handles(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (argument->kind != ARGUMENT_OBJECT && argument->kind != ARGUMENT_CAP)
            continue;
        uint64_t r[8];
        good_arguments(call, r);
        cap_t good = (cap_t)r[i];
        if (!argument->optional)
            try_handle(call, i, CAP_NULL, STATUS_INVALID_HANDLE, "null handle");
        try_handle(call, i, fixture.stale, STATUS_INVALID_HANDLE, "stale handle");
        try_handle(call, i, good + (1u << CAP_INDEX_BITS), STATUS_INVALID_HANDLE, "handle of another generation");
        try_handle(call, i, (1u << CAP_INDEX_BITS) - 1, STATUS_INVALID_HANDLE, "index beyond the table");
        try_handle(call, i, UINT32_MAX, STATUS_INVALID_HANDLE, "all bits of a handle");
        try_handle(call, i, good | 1ull << 32, STATUS_INVALID_HANDLE, "bit 32 of a handle's register");
        try_handle(call, i, good | 1ull << 63, STATUS_INVALID_HANDLE, "bit 63 of a handle's register");
    }
}

TEST(bad_handles)
{
    for_each_call(bad_handles);
}

static void wrong_types(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (argument->kind != ARGUMENT_OBJECT)
            continue;
        for (unsigned type = 0; type < TYPES; type++)
            if (type != argument->type && fixture.object[type] != CAP_NULL)
                try_handle(call, i, fixture.object[type], STATUS_WRONG_TYPE, "wrong type of object");
        if (argument->type != TYPE_PORT)
            try_handle(call, i, fixture.facet, STATUS_WRONG_TYPE, "facet");
        else if (argument->rights & ~RIGHT_PORT_SEND)
            try_handle(call, i, fixture.facet, STATUS_NO_RIGHTS, "facet in place of its port");
    }
}

TEST(wrong_types)
{
    for_each_call(wrong_types);
}

/* Is it a capability, and which one does a good call have there? */
static bool takes_capability(const struct call *call, unsigned i, cap_t *good)
{
    uint64_t r[8];
    good_arguments(call, r);
    *good = (cap_t)r[i];
    /* that of cap_remove is in another table */
    return call->arguments[i].kind == ARGUMENT_OBJECT || (call->arguments[i].kind == ARGUMENT_CAP && strcmp(call->name, "cap_remove"));
}

static void try_with_rights(const struct call *call, unsigned at, uint32_t rights, const char *what)
{
    cap_t good, less;
    uint64_t type, has, badge;
    (void)takes_capability(call, at, &good);
    EXPECT_OK(os_cap_info(good, &type, &has, &badge));
    EXPECT_OK(os_cap_derive(good, (uint32_t)has & rights, &less));
    try_handle(call, at, less, STATUS_NO_RIGHTS, what);
    os_drop(less);
}

static void missing_rights(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++) {
        uint32_t rights = call->arguments[i].rights;
        for (uint32_t left = rights; left; left &= left - 1)
            try_with_rights(call, i, ~(left & -left), "missing right");
        if (rights == 0)
            continue;
        try_with_rights(call, i, ~rights, "all rights but those");
        try_with_rights(call, i, 0, "no rights");
    }
}

TEST(missing_rights)
{
    for_each_call(missing_rights);
}

/* A handle of other generations, and one whose capability was revoked. */
static void old_handles(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++) {
        cap_t good, child;
        if (!takes_capability(call, i, &good))
            continue;
        for (unsigned bit = CAP_INDEX_BITS; bit < 32; bit++)
            try_handle(call, i, good ^ 1u << bit, STATUS_INVALID_HANDLE, "handle of another generation");
        EXPECT_OK(os_cap_duplicate(good, &child));
        EXPECT_OK(os_cap_revoke(good));
        try_handle(call, i, child, STATUS_INVALID_HANDLE, "revoked handle");
        fixture_destroy(); /* the revoke took what others of it need */
        fixture_create();
    }
}

TEST(old_handles)
{
    for_each_call(old_handles);
}

/* --- buffers --------------------------------------------------------------------------------------------------------------------------------- */

static void try_buffer(const struct call *call, unsigned at, uint64_t address, enum status wanted, const char *what)
{
    uint64_t r[8];
    good_arguments(call, r);
    for (unsigned i = 0; i < call->argument_count; i++)
        if (!strcmp(call->arguments[i].name, "length") && r[i] < 16)
            r[i] = 16;
    r[at] = address;
    try_exactly(call, r, wanted, what, address);
}

/* Copies may end early when an interrupt is pending; then the rest is asked for. */
static void straddling_buffer(const struct call *call, unsigned at)
{
    for (unsigned left = strcmp(call->name, "mem_resident") ? 8 : PAGES - 1; ; left -= 4) {
        uint64_t r[8], address = buffer + PAGES * OS_PAGE_SIZE - left;
        good_arguments(call, r);
        r[at] = address;
        if (r[at + 1] < 16)
            r[at + 1] = 16; /* the length */
        enum status status = try_documented(call, r, "straddling into an unmapped page", address);
        if (status == STATUS_OK && r[1] == left && left)
            continue;
        if (status != STATUS_BAD_ADDRESS)
            describe(call, "straddling into an unmapped page", address, status, "BAD_ADDRESS");
        return;
    }
}

static void bad_buffer(const struct call *call, unsigned at)
{
    static const uint64_t nowhere[] = {
        0, 8, 0xfff, USER_BASE - 1, USER_END, USER_END - 8, CHILD_FREE, 1ull << 39, 1ull << 40, 1ull << 47, (1ull << 47) - 8, 1ull << 48, 1ull << 62, 1ull << 63,
        0x9000000000200000, 0xffff800000000000, 0xffff800000100000, 0xffffffff80000000, 0xffffffff80100000, UINT64_MAX - 15, UINT64_MAX,
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(nowhere); i++)
        try_buffer(call, at, nowhere[i], STATUS_BAD_ADDRESS, "address that is not the program's");
    try_buffer(call, at, no_access, STATUS_BAD_ADDRESS, "page without access");
    if (fills_buffer(call))
        try_buffer(call, at, read_only, STATUS_BAD_ADDRESS, "read-only page");
    try_buffer(call, at, buffer + PAGES * OS_PAGE_SIZE, STATUS_BAD_ADDRESS, "unmapped page");
    straddling_buffer(call, at);
}

static void bad_buffers(const struct call *call)
{
    for (unsigned i = 0; i < call->argument_count; i++) {
        if (strcmp(call->arguments[i].name, "buffer"))
            continue;
        uint64_t r[8];
        if (strcmp(call->name, "system_device_tree") || fixture.has_tree) /* else nothing is copied, whatever the buffer */
            bad_buffer(call, i);
        if (!strcmp(call->name, "system_log") || !strcmp(call->name, "system_debug_write"))
            continue; /* would be shown */
        good_arguments(call, r);
        try_exactly(call, r, STATUS_OK, "good buffer", r[i]);
    }
}

TEST(bad_buffers)
{
    for_each_call(bad_buffers);
}

/* --- numbers ------------------------------------------------------------------------------------------------------------------------------------ */

/* Try the value; if the call takes it, start again with new objects. */
static void try_number(const struct call *call, unsigned at, uint64_t value)
{
    if (!harmless(call, &call->arguments[at], value))
        return;
    uint64_t r[8];
    good_arguments(call, r);
    r[at] = value;
    if (try_documented(call, r, call->arguments[at].name, value) != STATUS_OK)
        return;
    drop_results(call, r);
    fixture_destroy();
    fixture_create();
}

static void odd_numbers(const struct call *call)
{
    static const uint64_t odd[] = {
        0, 1, 2, 3, 5, 7, 9, 63, 64, 255, 256, 0xfff, 0x1000, 0x1001, 0x3fff, 0x4000, 0xffff, 0x10000, 0x10001, 0xfffff, 0x100000, 0x7fffffff, 0x80000000,
        0xffffffff, 0x100000000, 0x100001000, CHILD_MEMORY, CHILD_MEMORY + 1, CHILD_MEMORY + OS_PAGE_SIZE, NATIVE_STACKS, USER_END - OS_PAGE_SIZE,
        USER_END - 1, USER_END, USER_END + OS_PAGE_SIZE, 1ull << 39, 1ull << 47, 1ull << 62, (1ull << 63) - OS_PAGE_SIZE, (1ull << 63) - 1, 1ull << 63,
        0xffff800000000000, 0xffffffff80000000, -(uint64_t)OS_PAGE_SIZE, UINT64_MAX - 0xffff, UINT64_MAX - 1, UINT64_MAX,
    };
    for (unsigned at = 0; at < call->argument_count; at++) {
        const struct argument *argument = &call->arguments[at];
        if (argument->kind == ARGUMENT_OBJECT || argument->kind == ARGUMENT_CAP)
            continue;
        for (unsigned i = 0; i < ARRAY_LENGTH(odd); i++)
            if (argument->kind != ARGUMENT_NUMBER32 || odd[i] <= UINT32_MAX)
                try_number(call, at, odd[i]);
        for (unsigned bit = 0; bit < (argument->kind == ARGUMENT_NUMBER32 ? 32 : 64); bit++) {
            uint64_t r[8];
            good_arguments(call, r);
            try_number(call, at, r[at] | 1ull << bit);
        }
    }
}

TEST(odd_numbers)
{
    for_each_call(odd_numbers);
}

static void high_bits(const struct call *call)
{
    for (unsigned at = 0; at < call->argument_count; at++) {
        if (call->arguments[at].kind != ARGUMENT_NUMBER32)
            continue;
        for (unsigned bit = 32; bit < 64; bit++) {
            uint64_t r[8];
            good_arguments(call, r);
            r[at] |= 1ull << bit;
            try_exactly(call, r, STATUS_INVALID_ARGUMENT, "high bits of a 32-bit argument", r[at]);
        }
    }
}

TEST(high_bits)
{
    for_each_call(high_bits);
}

/* What each is for works, with the rights that it names and no others: else the tests above test less than they say. */
static bool shows(const struct call *call)
{
    return !strcmp(call->name, "system_power") || !strcmp(call->name, "system_log") || !strcmp(call->name, "system_debug_write");
}

static void prepare(const struct call *call)
{
    if (!strcmp(call->name, "set_remove_port"))
        EXPECT_OK(os_set_add_port(fixture.object[TYPE_SET], fixture.object[TYPE_PORT], 1));
    if (!strcmp(call->name, "set_remove_notification"))
        EXPECT_OK(os_set_add_notification(fixture.object[TYPE_SET], fixture.object[TYPE_NOTIFICATION], 1));
    if (!strcmp(call->name, "processors_park") || !strcmp(call->name, "processors_pass"))
        EXPECT_OK(os_processors_join(fixture.object[TYPE_PROCESSORS], 1));
}

static enum status good_status(const struct call *call)
{
    if (!strcmp(call->name, "pager_written"))
        return STATUS_BAD_STATE; /* nothing is to be written back; tests/native/pager has it */
    if (!strcmp(call->name, "processors_yield_to")) /* which takes two members: tests/native/ipc/processors.c */
        return STATUS_BAD_STATE;
    if (!strcmp(call->name, "irq_create_message"))
        return fixture.has_messages ? STATUS_OK : STATUS_NOT_SUPPORTED;
    bool without = !strncmp(call->name, "ioport_", 7) && fixture.object[TYPE_IOPORT] == CAP_NULL; /* a machine without I/O ports */
    return !without ? STATUS_OK : !strcmp(call->name, "ioport_create") ? STATUS_NOT_SUPPORTED : STATUS_INVALID_HANDLE;
}

static void good_call(const struct call *call)
{
    if (shows(call))
        return;
    uint64_t r[8];
    good_arguments(call, r);
    prepare(call);
    try_exactly(call, r, good_status(call), "good arguments", 0);
    drop_results(call, r);
}

TEST(good_calls)
{
    for_each_call(good_call);
}

static void exact_rights(const struct call *call)
{
    if (shows(call))
        return;
    uint64_t r[8];
    cap_t exact[8] = {}, good;
    good_arguments(call, r);
    prepare(call);
    for (unsigned i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (!takes_capability(call, i, &good))
            continue;
        EXPECT_OK(os_cap_derive(good, argument->rights | rights_by_use(call, argument), &exact[i]));
        r[i] = exact[i];
    }
    try_exactly(call, r, good_status(call), "exactly the rights", 0);
    drop_results(call, r);
    for (unsigned i = 0; i < call->argument_count; i++)
        (void)os_cap_drop(exact[i]);
}

TEST(exact_rights)
{
    for_each_call(exact_rights);
}
