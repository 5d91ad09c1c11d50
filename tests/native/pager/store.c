/* store.c: the pager of these tests. */
#include "pager.h"

#define STORE_STOP 1u

static void supply(struct store *store, uint64_t offset, uint64_t length)
{
    for (uint64_t at = offset, done; at < offset + length; at += done) {
        enum status status = os_pager_supply(store->mem, at, (uintptr_t)store->content + at, offset + length - at, &done);
        if (status == STATUS_LEDGER_SPENT || status == STATUS_NO_MEMORY)
            return; /* what is to be written back comes first */
        EXPECT_OK(status);
        if (status != STATUS_OK)
            return;
        store->supplied += done;
    }
}

/* What is wanted, and if there is room what is ahead of it. False: there is no room. */
static bool page_in(struct store *store, const struct message *m)
{
    uint64_t done;
    store->asked++;
    if (store->refuses) {
        EXPECT_OK(os_pager_refuse(store->mem, m->word[2], m->word[3], (uint64_t)STATUS_IO_ERROR));
        return true;
    }
    enum status status = os_pager_supply(store->mem, m->word[0], (uintptr_t)store->content + m->word[0], m->word[1], &done);
    if (status == STATUS_LEDGER_SPENT || status == STATUS_NO_MEMORY)
        return false;
    EXPECT_OK(status);
    supply(store, m->word[2], m->word[3]);
    return true;
}

static void page_out(struct store *store, const struct message *m)
{
    for (uint64_t at = m->word[0], end = at + m->word[1], length, done; at < end; at += length) {
        length = end - at < 0x10000 ? end - at : 0x10000;
        for (uint64_t read = 0; read < length; read += done) {
            done = length;
            EXPECT_OK(os_mem_read(store->mem, at + read, (uintptr_t)store->content + at + read, length - read, &done));
        }
        store->taken_back += length;
        enum status status = os_pager_written(store->mem, at, length, 0);
        EXPECT(status == STATUS_OK || status == STATUS_BAD_STATE); /* cut off meanwhile */
    }
}

#define LATER_MOST 64

static void serve(void *argument)
{
    struct store *store = argument;
    static struct message m, later[LATER_MOST]; /* those that wait for room */
    unsigned count = 0;
    uint64_t deadline = DEADLINE_NONE;
    for (;;) {
        m = (struct message){};
        enum status status = os_reply_wait(CAP_NULL, &m, store->port, CAP_NULL, 0, deadline);
        if (status == STATUS_OK && m.label == LABEL_PAGE_IN && count < LATER_MOST)
            later[count++] = m;
        else if (status == STATUS_OK && m.label == LABEL_PAGE_OUT)
            page_out(store, &m);
        else if (status != STATUS_TIMED_OUT)
            break;
        unsigned left = 0;
        for (unsigned i = 0; i < count; i++)
            if (!page_in(store, &later[i]))
                later[left++] = later[i];
        count = left;
        deadline = count ? os_now() + MILLISECONDS : DEADLINE_NONE;
    }
    EXPECT_OK(os_notification_signal(store->ended, 1));
}

void store_start(struct store *store, uint64_t size, uint64_t limit)
{
    uint64_t where = 0;
    *store = (struct store){.size = size};
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &store->ledger));
    if (limit)
        EXPECT_OK(os_ledger_set_limit(store->ledger, LEDGER_PAGES, limit));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 4, &store->port));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &store->ended));
    EXPECT_OK(os_pager_create(store->ledger, store->port, size, 1, 0, &store->mem));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS, &where));
    store->content = (uint8_t *)where;
    where = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, store->mem, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE, &where));
    store->address = where;
    EXPECT_OK(os_thread_run(serve, store, 0, &store->thread));
}

/* And its stack may be used again. */
static bool has_ended(cap_t thread)
{
    uint64_t state = 0;
    return os_thread_info(thread, THREAD_STATE, &state) == STATUS_OK && state == THREAD_DEAD;
}

void store_stop(struct store *store)
{
    uint64_t bits;
    struct message m = {.label = STORE_STOP};
    EXPECT_OK(os_send(store->port, &m, 0, DEADLINE_NONE));
    EXPECT_OK(os_notification_wait(store->ended, 1, os_now() + 20000 * MILLISECONDS, false, &bits));
    WAIT_UNTIL(has_ended(store->thread));
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, store->address, store->size));
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, (uintptr_t)store->content, store->size));
    os_drop(store->mem);
    os_drop(store->port);
    os_drop(store->thread);
    os_drop(store->ended);
    os_drop(store->ledger);
}
