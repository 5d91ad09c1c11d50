/* assert.h: checks of our own invariants. What a user did wrong is a status, never this. */
#ifndef KERNEL_ASSERT_H
#define KERNEL_ASSERT_H

#include <trap.h>

/* Always on: cheap checks whose failure would corrupt memory or rights. The text names the invariant. */
#define ASSERT(condition, invariant) \
    do { \
        if (!(condition)) [[clang::unlikely]] \
            panic("broken invariant: %s (%s:%d)", invariant, __FILE_NAME__, __LINE__); \
    } while (false)

/* Debug kernels only. */
#ifdef HEDDLE_DEBUG
#define DEBUG_ASSERT(condition, invariant) ASSERT(condition, invariant)
#else
#define DEBUG_ASSERT(condition, invariant) ((void)sizeof(condition))
#endif

#endif
