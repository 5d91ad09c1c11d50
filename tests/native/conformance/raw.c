/* raw.c: the raw system calls, and system calls that are not there. Not here: the handles that raw calls take (raw_handles.c). */
#include <futex.h>
#include "conformance.h"

TEST(unknown_numbers)
{
    bool known[256] = {[SYS_MESSAGE_CALL] = true, [SYS_MESSAGE_REPLY_WAIT] = true, [SYS_MESSAGE_SEND] = true, [SYS_MESSAGE_RESUME] = true,
                       [SYS_MESSAGE_NULL] = true, [SYS_NOTIFICATION_WAIT] = true, [SYS_FUTEX_WAIT] = true, [SYS_FUTEX_LOCK] = true,
                       [SYS_PROCESSORS_RESUME] = true};
    for (unsigned i = 0; i < call_count; i++)
        known[calls[i].number] = true;
    for (unsigned number = 0; number < 256; number++) {
        uint64_t r[8] = {};
        if (!known[number])
            EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(number, r));
    }
    for (unsigned bit = 8; bit < 64; bit++) {
        uint64_t r[8] = {};
        EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(SYS_SYSTEM_CLOCK | 1ull << bit, r));
        EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(SYS_MESSAGE_NULL | 1ull << bit, r));
        EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(SYS_FUTEX_WAIT | 1ull << bit, r));
        EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(SYS_FUTEX_LOCK | 1ull << bit, r));
        EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_syscall(SYS_NOTIFICATION_WAIT | 1ull << bit, r));
    }
}

static cap_t without(cap_t cap, uint32_t right)
{
    uint64_t type, rights, badge;
    cap_t less = CAP_NULL;
    EXPECT_OK(os_cap_info(cap, &type, &rights, &badge));
    EXPECT_OK(os_cap_derive(cap, (uint32_t)rights & ~right, &less));
    return less;
}

static enum status raw(uint64_t number, uint64_t r0, uint64_t r8)
{
    uint64_t r[9] = {r0, 1, 2, 3, 4, 5, 6, 7, r8};
    return raw_call(number, r);
}

/* --- states and arguments ---------------------------------------------------------------------------------------------------------------------- */

TEST(raw_states)
{
    fixture_prepare();
    fixture_create();
    const cap_t *o = fixture.object;
    cap_t unused, small;
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &unused));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &small));
    os_thread_page()->deadline_ns = 1;
    EXPECT_STATUS(STATUS_BAD_STATE, raw(SYS_MESSAGE_REPLY_WAIT, unused, 0));
    EXPECT_STATUS(STATUS_BAD_STATE, raw(SYS_MESSAGE_REPLY_WAIT, 0, o[TYPE_PORT] | (uint64_t)o[TYPE_REPLY] << 32));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, raw(SYS_MESSAGE_REPLY_WAIT | MESSAGE_NO_WAIT, 0, o[TYPE_PORT] | (uint64_t)unused << 32));
    EXPECT_STATUS(STATUS_TIMED_OUT, raw(SYS_MESSAGE_REPLY_WAIT | MESSAGE_HAS_DEADLINE, 0, o[TYPE_PORT] | (uint64_t)unused << 32));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, raw(SYS_MESSAGE_CALL | MESSAGE_NO_WAIT, fixture.facet, 0));
    EXPECT_STATUS(STATUS_TIMED_OUT, raw(SYS_MESSAGE_CALL | MESSAGE_HAS_DEADLINE, fixture.facet, 0));
    EXPECT_STATUS(STATUS_NOT_SUPPORTED, raw(SYS_MESSAGE_SEND, small, 0));
    for (int i = 0; i < 4; i++)
        EXPECT_OK(raw(SYS_MESSAGE_SEND, fixture.facet, 0));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, raw(SYS_MESSAGE_SEND | MESSAGE_NO_WAIT, fixture.facet, 0));
    EXPECT_STATUS(STATUS_TIMED_OUT, raw(SYS_MESSAGE_SEND | MESSAGE_HAS_DEADLINE, fixture.facet, 0));
    EXPECT_OK(os_port_destroy(o[TYPE_PORT]));
    EXPECT_STATUS(STATUS_PEER_GONE, raw(SYS_MESSAGE_CALL, fixture.facet, 0));
    EXPECT_STATUS(STATUS_PEER_GONE, raw(SYS_MESSAGE_SEND, fixture.facet, 0));
    EXPECT_STATUS(STATUS_PEER_GONE, raw(SYS_MESSAGE_REPLY_WAIT, 0, o[TYPE_PORT]));
    os_drop(unused);
    os_drop(small);
    fixture_destroy();
}

static enum status call_with_label(uint64_t number, uint64_t label)
{
    uint64_t r[9] = {fixture.facet, label};
    os_trap(number, r);
    return (enum status)r[0];
}

TEST(raw_messages)
{
    static const uint64_t nowhere[] = {0, USER_BASE - 1, USER_END, UINT64_MAX, 0xffff800000000000, 1ull << 47, 1ull << 63};
    fixture_prepare();
    fixture_create();
    struct thread_page *page = os_thread_page();
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, call_with_label(SYS_MESSAGE_CALL, LABEL_FACET_GONE));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, call_with_label(SYS_MESSAGE_SEND, 1ull << 63));
    for (unsigned i = 0; i < ARRAY_LENGTH(nowhere); i++) {
        page->in_base = nowhere[i], page->in_length = 8, page->out_length = 0;
        EXPECT_STATUS(STATUS_BAD_ADDRESS, raw(SYS_MESSAGE_CALL | MESSAGE_HAS_WINDOWS | MESSAGE_NO_WAIT, fixture.facet, 0));
        page->out_base = nowhere[i], page->out_length = 8, page->in_length = 0;
        EXPECT_STATUS(STATUS_BAD_ADDRESS, raw(SYS_MESSAGE_CALL | MESSAGE_HAS_WINDOWS | MESSAGE_NO_WAIT, fixture.facet, 0));
    }
    page->out_base = buffer, page->out_length = USER_END;
    EXPECT_STATUS(STATUS_BAD_ADDRESS, raw(SYS_MESSAGE_CALL | MESSAGE_HAS_WINDOWS | MESSAGE_NO_WAIT, fixture.facet, 0));
    cap_t fixed = without(fixture.spare, RIGHT_COPY);
    const struct { uint32_t count; cap_t cap; enum status wanted; } caps[] = {
        {MESSAGE_CAPS + 1, CAP_NULL, STATUS_INVALID_ARGUMENT}, {UINT32_MAX, CAP_NULL, STATUS_INVALID_ARGUMENT}, {1, fixture.stale, STATUS_INVALID_HANDLE},
        {1, UINT32_MAX, STATUS_INVALID_HANDLE}, {1, fixed, STATUS_NO_RIGHTS}, {1, CAP_NULL, STATUS_WOULD_BLOCK}, {1, fixture.spare, STATUS_WOULD_BLOCK},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++) {
        page->send_cap_count = caps[i].count;
        page->send_cap[0] = caps[i].cap;
        page->send_cap_mode[0] = SEND_CAP_COPY;
        EXPECT_STATUS(caps[i].wanted, raw(SYS_MESSAGE_CALL | MESSAGE_HAS_CAPS | MESSAGE_NO_WAIT, fixture.facet, 0));
        if (caps[i].wanted != STATUS_WOULD_BLOCK)
            EXPECT_STATUS(caps[i].wanted, raw(SYS_MESSAGE_REPLY_WAIT | MESSAGE_HAS_CAPS, fixture.object[TYPE_REPLY], 0));
    }
    os_drop(fixed);
    fixture_destroy();
}

static enum status futex_wait(uint64_t address, uint64_t value, uint64_t deadline_ns, uint64_t flags, uint64_t mask)
{
    uint64_t r[8] = {address, value, deadline_ns, flags, mask};
    return os_syscall(SYS_FUTEX_WAIT, r);
}

static enum status futex_lock(uint64_t address, uint64_t value, uint64_t deadline_ns, uint64_t flags, uint64_t number, cap_t owner)
{
    uint64_t r[8] = {address, value, deadline_ns, flags, number, owner};
    return os_syscall(SYS_FUTEX_LOCK, r);
}

TEST(raw_locks)
{
    fixture_prepare();
    fixture_create();
    cap_t thread = fixture.object[TYPE_THREAD];
    uint32_t *word = (uint32_t *)buffer, held = FUTEX_WAITERS | 5;
    *word = held;
    EXPECT_STATUS(STATUS_DEADLOCK, futex_lock(buffer, held, 1, 0, 1, BOOTSTRAP_THREAD));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, futex_lock(CHILD_FREE, held, 1, 0, 1, CAP_NULL));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_lock(buffer + 2, held, 1, 0, 1, CAP_NULL));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_lock(buffer, held, 1, 1u << 31, 1, CAP_NULL));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_lock(buffer, held, 1, 0, 0, CAP_NULL));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_lock(buffer, held, 1, 0, FUTEX_OWNER_DIED, CAP_NULL));
    EXPECT_STATUS(STATUS_VALUE_CHANGED, futex_lock(buffer, held + 1, 1, 0, 1, CAP_NULL));
    EXPECT_STATUS(STATUS_TIMED_OUT, futex_lock(buffer, held, 1, 0, 1, thread));
    EXPECT_STATUS(STATUS_TIMED_OUT, futex_lock(buffer, held, os_now() + MILLISECONDS, FUTEX_FLAG_SHARED, 1, thread));
    *word = 5;
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_lock(buffer, 5, 1, 0, 1, CAP_NULL));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, os_futex_unlock(read_only, 0));
    EXPECT_OK(os_futex_unlock(buffer, 0));
    EXPECT_EQUAL(0, *word);
    fixture_destroy();
}

TEST(raw_waits)
{
    static const uint64_t nowhere[] = {0, 4, USER_END, CHILD_FREE, 0xffff800000000000, 0xffffffff80000000, UINT64_MAX - 3, 1ull << 47, 1ull << 63};
    fixture_prepare();
    fixture_create();
    uint32_t *word = (uint32_t *)buffer;
    *word = 5;
    for (unsigned i = 0; i < ARRAY_LENGTH(nowhere); i++)
        for (uint64_t flags = 0; flags < 2; flags++)
            EXPECT_STATUS(STATUS_BAD_ADDRESS, futex_wait(nowhere[i], 0, 1, flags, 1));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_wait(buffer + 1, 5, 1, 0, 1));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_wait(buffer, 5, 1, 0, 0));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, futex_wait(buffer, 5, 1, 1u << 31, 1));
    EXPECT_STATUS(STATUS_VALUE_CHANGED, futex_wait(buffer, 4, DEADLINE_NONE, 0, 1));
    EXPECT_STATUS(STATUS_TIMED_OUT, futex_wait(buffer, 5, 1, 0, 1));
    EXPECT_STATUS(STATUS_TIMED_OUT, futex_wait(buffer, 5, os_now() + MILLISECONDS, 0, 1));
    EXPECT_STATUS(STATUS_TIMED_OUT, futex_wait(read_only, *(uint32_t *)read_only, os_now() + MILLISECONDS, 0, 1));
    uint64_t bits;
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_notification_wait(fixture.object[TYPE_NOTIFICATION], 0, 1, false, &bits));
    EXPECT_STATUS(STATUS_TIMED_OUT, os_notification_wait(fixture.object[TYPE_NOTIFICATION], 1, 1, false, &bits));
    EXPECT_STATUS(STATUS_TIMED_OUT, os_notification_wait(fixture.object[TYPE_NOTIFICATION], 1, os_now() + MILLISECONDS, true, &bits));
    fixture_destroy();
}

/* --- capabilities: rights that are no argument's, but the capability's own ----------------------------------------------------------------------- */

TEST(capability_rights)
{
    fixture_prepare();
    fixture_create();
    cap_t mem = fixture.object[TYPE_MEM], task = fixture.object[TYPE_TASK], other;
    cap_t fixed = without(mem, RIGHT_COPY), kept = without(mem, RIGHT_REVOKE);
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_derive(fixed, 0, &other));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_duplicate(fixed, &other));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_install(task, fixed, 0, 0, &other));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_revoke(kept));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_derive(kept, RIGHT_REVOKE, &other));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_install(task, kept, RIGHT_REVOKE, 0, &other));
    EXPECT_STATUS(STATUS_OVERLAP, os_cap_install(task, mem, 0, CHILD_CAP, &other));
    for (uint32_t right = RIGHT_MEM_READ; right <= RIGHT_MEM_EXEC; right <<= 1) {
        uint64_t where = CHILD_FREE, prot = right == RIGHT_MEM_READ ? PROT_BIT_READ : right == RIGHT_MEM_WRITE ? PROT_BIT_WRITE : PROT_BIT_EXEC;
        cap_t less = without(mem, right);
        EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_map(task, less, 0, where, OS_PAGE_SIZE, prot | MAP_FIXED_ADDRESS, &where));
        if (right == RIGHT_MEM_READ)
            EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_map(task, less, 0, where, OS_PAGE_SIZE, MAP_PRIVATE_COPY | PROT_BIT_READ, &where));
        os_drop(less);
    }
    os_drop(fixed);
    os_drop(kept);
    fixture_destroy();
}
