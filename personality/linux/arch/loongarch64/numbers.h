/* numbers.h (loongarch64): the generic numbers. */
#include <generic/numbers.h>
