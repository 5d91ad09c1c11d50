/* span.c: ordered sets of disjoint spans. Not here: what the spans mean.
 * Invariant: no two spans of a tree overlap.
 * Locks: those of the owner of the tree. */
#include <mm/span.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <mm/counters.h>

void span_insert(struct tree *tree, struct span *span)
{
    struct tree_node *parent = nullptr, **link = &tree->root;
    while (*link) {
        parent = *link;
        if (span->end <= span_of(parent)->start)
            link = &parent->left;
        else {
            ASSERT(span->start >= span_of(parent)->end, "spans are disjoint");
            link = &parent->right;
        }
    }
    tree_insert(tree, &span->node, parent, link, nullptr);
}

enum status spares_get(struct spares *spares, struct ledger *ledger, unsigned count)
{
    spares->ledger = ledger;
    spares->first = nullptr;
    if (!count)
        return STATUS_OK;
    if (ledger && ledger_charge(ledger, LEDGER_KERNEL, count * SPAN_CHARGE) != STATUS_OK)
        return STATUS_LEDGER_SPENT;
    for (unsigned i = 0; i < count; i++) {
        struct span *span = kernel_alloc(sizeof *span);
        if (!span) {
            if (ledger)
                ledger_credit(ledger, LEDGER_KERNEL, (count - i) * SPAN_CHARGE);
            spares_put(spares);
            return STATUS_NO_MEMORY;
        }
        metadata.spans++;
        span->node.right = (struct tree_node *)spares->first;
        spares->first = span;
    }
    return STATUS_OK;
}

struct span *spares_take(struct spares *spares)
{
    struct span *span = spares->first;
    ASSERT(span, "enough spans were allocated ahead");
    spares->first = (struct span *)span->node.right;
    return span;
}

void span_free(struct span *span, struct ledger *ledger)
{
    if (ledger)
        ledger_credit(ledger, LEDGER_KERNEL, SPAN_CHARGE);
    metadata.spans--;
    kernel_free(span, sizeof *span);
}

void spares_put(struct spares *spares)
{
    while (spares->first)
        span_free(spares_take(spares), spares->ledger);
}
