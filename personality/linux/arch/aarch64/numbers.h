/* numbers.h (aarch64): the generic numbers. */
#include <generic/numbers.h>
