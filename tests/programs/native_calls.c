/* native_calls.c: the same as a native program, beside the Linux program of that name. */
#include "calls.c"
