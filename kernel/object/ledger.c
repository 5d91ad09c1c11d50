/* ledger.c: accounts. Invariant: a ledger's use is the sum of what was charged to it and to all below it. Under the kernel lock. */
#include <lib/assert.h>
#include <mm/carve.h>
#include <object/object.h>

struct ledger *root_ledger;

enum status ledger_charge(struct ledger *ledger, enum ledger_kind kind, uint64_t amount)
{
    for (struct ledger *l = ledger; l != nullptr; l = l->parent)
        if (l->limit[kind] != UINT64_MAX && (l->used[kind] > l->limit[kind] || amount > l->limit[kind] - l->used[kind]))
            return STATUS_LEDGER_SPENT;
    for (struct ledger *l = ledger; l != nullptr; l = l->parent)
        l->used[kind] += amount;
    return STATUS_OK;
}

void ledger_credit(struct ledger *ledger, enum ledger_kind kind, uint64_t amount)
{
    for (struct ledger *l = ledger; l != nullptr; l = l->parent) {
        ASSERT(l->used[kind] >= amount, "no more is credited than was charged");
        l->used[kind] -= amount;
    }
}

enum status ledger_alloc(struct ledger *ledger, size_t size, void **memory)
{
    enum status status = ledger != nullptr ? ledger_charge(ledger, LEDGER_KERNEL, size) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    *memory = kernel_alloc(size);
    if (*memory != nullptr)
        return STATUS_OK;
    if (ledger != nullptr)
        ledger_credit(ledger, LEDGER_KERNEL, size);
    return STATUS_NO_MEMORY;
}

void ledger_free(struct ledger *ledger, void *memory, size_t size)
{
    kernel_free(memory, size);
    if (ledger != nullptr)
        ledger_credit(ledger, LEDGER_KERNEL, size);
}
