/* personality.h: what a personality gives the runtime. */
#ifndef POSIX_PERSONALITY_H
#define POSIX_PERSONALITY_H

#include "posix.h"

/* Write a call's result to the registers where the program looks for it. */
void personality_set_result(struct frame *frame, long result);
/* Make the interrupted system call be made again when the frame continues. Requires: its result was not written. */
void personality_restart(struct frame *frame);
/* Make page->frame continue in the handler, which returns to what page->frame was, with `mask` blocked then. fault: the processor's
 * reason for a signal of the processor. Returns: false when the stack has no room. */
[[nodiscard]] bool personality_enter_handler(struct posix_thread *self, const struct signal_info *info, const struct signal_action *action, uint64_t mask);
/* Replace the program: RESULT_FRAME when it worked (the new program runs). The path may be another one afterwards. Owner: strings are the
 * caller's. */
struct path;
struct program_strings;
[[nodiscard]] long personality_execute(struct posix_thread *self, struct path *path, struct program_strings *strings);

#endif
