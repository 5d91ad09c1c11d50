/* mips_open.h: flags of open, which differ from the generic ones throughout, and error numbers, which do from 35 on. */
#ifndef LINUX_OPEN_H
#define LINUX_OPEN_H

#include <stdint.h>

unsigned open_flags_in(unsigned flags);
unsigned open_flags_out(unsigned flags);
unsigned mips_errno(unsigned generic);

#endif
