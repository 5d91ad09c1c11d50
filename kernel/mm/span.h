/* span.h: ordered sets of disjoint spans [start, end) with a value each: the extents of an object (value: physical address), the shares
 * of a copy-on-write group (value: count), the ranges of RAM. Also spares: spans allocated ahead, so that a change can't fail halfway. */
#ifndef KERNEL_SPAN_H
#define KERNEL_SPAN_H

#include <lib/tree.h>
#include <stdint.h>
#include <object/object.h>

struct span {
    struct tree_node node;
    uint64_t start, end, value;
};

static inline struct span *span_of(struct tree_node *node) { return (struct span *)node; } /* node is the first member */

/* The span that holds `at`, or the first one above; NULL: none. */
static inline struct span *span_at_or_after(const struct tree *tree, uint64_t at)
{
    struct span *best = nullptr;
    for (struct tree_node *node = tree->root; node;) {
        struct span *span = span_of(node);
        if (at < span->start) {
            best = span;
            node = node->left;
        } else if (at >= span->end) {
            node = node->right;
        } else {
            return span;
        }
    }
    return best;
}
static inline struct span *span_at(const struct tree *tree, uint64_t at)
{
    struct span *span = span_at_or_after(tree, at);
    return span && span->start <= at ? span : nullptr;
}
static inline struct span *span_next(const struct span *span) { return span_of(tree_next(&span->node)); }
static inline struct span *span_previous(const struct span *span) { return span_of(tree_previous(&span->node)); }
/* The span that ends last at or below `at`; NULL: none. */
static inline struct span *span_before(const struct tree *tree, uint64_t at)
{
    struct span *best = nullptr;
    for (struct tree_node *node = tree->root; node;) {
        struct span *span = span_of(node);
        if (span->end <= at) {
            best = span;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}
/* Requires: start, end, value are set, and overlap no other. */
void span_insert(struct tree *tree, struct span *span);
static inline void span_remove(struct tree *tree, struct span *span) { tree_remove(tree, &span->node, nullptr); }

/* What a ledger pays for a span: itself and its part of the share map, whose spans are never more than there are ends of extents. */
#define SPAN_CHARGE (2 * sizeof(struct span))

/* Spans allocated and charged ahead. */
struct spares {
    struct ledger *ledger;
    struct span *first; /* linked through node.right */
};
/* Returns NO_MEMORY or LEDGER_SPENT, then there are none. ledger may be NULL. */
[[nodiscard]] enum status spares_get(struct spares *spares, struct ledger *ledger, unsigned count);
/* Requires: one is left. The caller's span stays charged. */
struct span *spares_take(struct spares *spares);
/* What is left goes back. */
void spares_put(struct spares *spares);
/* A span that was taken from spares ends. */
void span_free(struct span *span, struct ledger *ledger);

#endif
