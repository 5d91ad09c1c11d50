/* machine.h: what machine.c needs of each machine, in <isa>.S. */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <stdint.h>

/* Put seed + n into general register n and floating-point register n, as many as there are, and compare them `rounds` times.
 * Returns: 0, or 1 when one changed. */
uint64_t machine_spin(uint64_t seed, uint64_t rounds);

/* Set the TLS register to `value` without the kernel, call pause and look whether it is still that; true where programs cannot set it so,
 * or where it is a general register. */
bool machine_tls_stays(uint64_t value, void (*pause)(void));

/* Code that can be copied to another address: functions without arguments that return 1 and 2. */
extern const char machine_one[], machine_one_end[], machine_two[], machine_two_end[];

#endif
