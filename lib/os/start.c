/* start.c: how the threads of a native program begin. */
#include <os.h>

/* Further threads: the argument points to what starts with the function to call (thread.c). */
void os_start(uint64_t argument)
{
    if ((uintptr_t)os_thread_page() == NATIVE_STACKS)
        os_exit(main(argument));
    void (**entry)(void *) = (void (**)(void *))(uintptr_t)argument;
    (*entry)(entry);
    __builtin_unreachable();
}
