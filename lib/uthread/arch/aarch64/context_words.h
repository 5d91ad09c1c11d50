/* context_words.h (aarch64): what uthread_switch saves. Contract: lib/uthread/context.h. */
#ifndef UTHREAD_CONTEXT_WORDS_H
#define UTHREAD_CONTEXT_WORDS_H

#define CONTEXT_WORDS 12
#define CONTEXT_RETURN 0

#endif
