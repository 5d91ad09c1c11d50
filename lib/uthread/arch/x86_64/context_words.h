/* context_words.h (x86-64): what uthread_switch saves. Contract: lib/uthread/context.h. */
#ifndef UTHREAD_CONTEXT_WORDS_H
#define UTHREAD_CONTEXT_WORDS_H

#define CONTEXT_WORDS 8
#define CONTEXT_RETURN 6

#endif
