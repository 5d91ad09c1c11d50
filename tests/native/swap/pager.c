/* pager.c: the pager of these tests: swap is memory of this task. */
#include "swap.h"

#define STORE_STOP 1u
#define LATER_MOST 256u
#define PIECE 0x10000ull

struct swap swap;
static uint64_t ballast, ballast_size;

uint64_t memory_figure(uint64_t what)
{
    uint64_t value = 0;
    EXPECT_OK(os_system_memory_info(BOOTSTRAP_CONTROL, what, &value));
    return value;
}

/* What is wanted, and if there is room what is ahead of it. False: not now. */
static bool page_in(const struct message *m)
{
    uint64_t done;
    if (swap.refuses) {
        EXPECT_OK(os_pager_refuse(swap.mem, m->word[2], m->word[3], (uint64_t)STATUS_IO_ERROR));
        return true;
    }
    for (uint64_t at = m->word[2], end = at + m->word[3]; at < end; at += done) {
        enum status status = os_pager_supply(swap.mem, at, (uintptr_t)swap.content + at, end - at, &done);
        if (status == STATUS_NO_MEMORY)
            return false;
        EXPECT_OK(status);
        swap.supplied += done;
    }
    return true;
}

static void page_out(const struct message *m)
{
    for (uint64_t at = m->word[0], end = at + m->word[1], length, done; at < end; at += length) {
        length = end - at < PIECE ? end - at : PIECE;
        for (uint64_t read = 0; read < length; read += done) {
            done = length;
            enum status status = os_mem_read(swap.mem, at + read, (uintptr_t)swap.content + at + read, length - read, &done);
            EXPECT_OK(status);
            if (status != STATUS_OK)
                break;
        }
        swap.written += length;
        enum status status = os_pager_written(swap.mem, at, length, 0);
        EXPECT(status == STATUS_OK || status == STATUS_BAD_STATE);
    }
}

static void serve(void *)
{
    static struct message m, later[LATER_MOST]; /* those that wait for room */
    unsigned count = 0;
    uint64_t deadline = DEADLINE_NONE;
    for (;;) {
        m = (struct message){};
        enum status status = os_reply_wait(CAP_NULL, &m, swap.port, CAP_NULL, 0, deadline);
        if (status == STATUS_OK && swap.forgets && m.label != STORE_STOP) {
            swap.forgets = false;
            swap.forgot = true;
        } else if (status == STATUS_OK && m.label == LABEL_PAGE_IN && count < LATER_MOST) {
            later[count++] = m;
        } else if (status == STATUS_OK && m.label == LABEL_PAGE_OUT) {
            page_out(&m);
        } else if (status != STATUS_TIMED_OUT) {
            break;
        }
        unsigned left = 0;
        for (unsigned i = 0; i < count; i++)
            if (!page_in(&later[i]))
                later[left++] = later[i];
        count = left;
        deadline = count ? os_now() + MILLISECONDS : DEADLINE_NONE;
    }
    EXPECT_OK(os_notification_signal(swap.ended, 1));
}

static uint64_t map_present(uint64_t size)
{
    uint64_t where = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS, &where));
    for (uint64_t at = 0; at < size; at += OS_PAGE_SIZE)
        *(volatile uint64_t *)(where + at) = 0;
    return where;
}

void swap_begin(uint64_t left, uint64_t size)
{
    uint64_t free = 0;
    swap = (struct swap){.size = size};
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 4, &swap.port));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &swap.ended));
    swap.content = (uint8_t *)map_present(size);
    EXPECT_OK(os_thread_run(serve, nullptr, 40, &swap.thread));
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_FREE, &free));
    ballast_size = free > left ? (free - left) & ~0xfffffull : 0;
    ballast = ballast_size ? map_present(ballast_size) : 0;
    EXPECT_OK(os_pager_swap(BOOTSTRAP_CONTROL, BOOTSTRAP_LEDGER, swap.port, size, 1, &swap.mem));
}

static bool has_ended(cap_t thread)
{
    uint64_t state = 0;
    return os_thread_info(thread, THREAD_STATE, &state) == STATUS_OK && state == THREAD_DEAD;
}

void swap_end(void)
{
    uint64_t bits;
    struct message m = {.label = STORE_STOP};
    WAIT_UNTIL(memory_figure(MEMORY_SWAP_USED) == 0);
    EXPECT_OK(os_send(swap.port, &m, 0, DEADLINE_NONE));
    EXPECT_OK(os_notification_wait(swap.ended, 1, os_now() + 20000 * MILLISECONDS, false, &bits));
    WAIT_UNTIL(has_ended(swap.thread));
    if (ballast_size)
        EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, ballast, ballast_size));
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, (uintptr_t)swap.content, swap.size));
    EXPECT_OK(os_pager_swap_off(BOOTSTRAP_CONTROL));
    os_drop(swap.mem);
    os_drop(swap.port);
    os_drop(swap.thread);
    os_drop(swap.ended);
}
