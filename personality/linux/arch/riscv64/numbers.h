/* numbers.h (riscv64): the generic numbers. */
#include <generic/numbers.h>
