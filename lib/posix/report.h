/* report.h: what is printed when a program ends by its own fault. */
#ifndef POSIX_REPORT_H
#define POSIX_REPORT_H

#include "signal.h"

/* For the signals of faults and abort: program, process, signal, place and a stack trace, on the program's standard error and in the
 * system's log. Nothing for other signals, and for those that somebody sent with kill. page->frame is where the program was. */
void report_signal(struct posix_thread *self, const struct signal_info *info);

#endif
