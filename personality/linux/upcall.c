/* upcall.c: what the kernel enters the runtime for: the program's system calls, its exceptions, and signals. */
#include "linux.h"
#include <machine.h>
#include <personality.h>

void upcall(struct thread_page *page);
/* A system call on machines where the kernel tells it from the other upcalls, and where the frame need not be whole (linux.h).
 * Returns: the page when only the result is new in its frame. Else NULL: upcall_finish has to be called with a whole frame, and goes on
 * from there to what the frame says then. */
struct thread_page *upcall_call(struct thread_page *page);
void upcall_finish(struct thread_page *page);

#define RESULT_WHOLE (-2002L) /* the call is one that needs a whole frame, or none at all */

void personality_set_result(struct frame *frame, long result)
{
    linux_set_result(frame, result);
}

void personality_restart(struct frame *frame)
{
    frame->FRAME_PC -= SYSCALL_INSTRUCTION_BYTES;
}

/* A handler is to run, or the frame is something else than a call's. */
static void finish_specially(struct posix_thread *self, struct frame *frame, long result)
{
    if (result == RESULT_RESTART) {
        if (process.actions[self->taken.signal].flags & ACTION_RESTART)
            personality_restart(frame);
        else
            linux_set_result(frame, -EINTR);
    } else if (result != RESULT_FRAME) {
        linux_set_result(frame, result);
    }
    signal_mask_restore(self);
    if (self->taken.signal)
        signal_deliver(self);
}

struct thread_page *upcall_call(struct thread_page *page)
{
    uint64_t index = LINUX_NUMBER(&page->frame) - LINUX_TABLE_BASE;
    linux_call function;
    if (index >= LINUX_TABLE_LENGTH || !(function = linux_table[index].function)) [[clang::unlikely]] {
        thread_of(page)->result = RESULT_WHOLE;
        return nullptr;
    }
    long result = function(thread_of(page), &page->frame);
    page = os_thread_page(); /* cheaper than to keep it */
    struct posix_thread *self = thread_of(page);
    if (self->taken.signal | self->restore_mask | (result <= RESULT_RESTART && result >= RESULT_FRAME)) [[clang::unlikely]] {
        self->result = result;
        return nullptr;
    }
    linux_set_result(&page->frame, result);
    return page;
}

void upcall_finish(struct thread_page *page)
{
    struct posix_thread *self = thread_of(page);
    machine_complete(&page->frame);
    if (self->result == RESULT_WHOLE) {
        uint64_t index = LINUX_NUMBER(&page->frame) - LINUX_TABLE_BASE;
        linux_call whole = index < LINUX_TABLE_LENGTH ? linux_table[index].whole : nullptr;
        self->result = whole ? whole(self, &page->frame) : -ENOSYS;
    }
    finish_specially(self, &page->frame, self->result);
}

/* Touching an address that no program can have. */
static struct signal_info kernel_address_info(const struct thread_page *page)
{
    if (LINUX_KERNEL_ADDRESS == SIGBUS)
        return (struct signal_info){.signal = SIGBUS, .code = CODE_KERNEL};
    return (struct signal_info){.signal = SIGSEGV, .code = 1 /* SEGV_MAPERR */, .address = page->upcall_address};
}

/* The signal and its code for an exception of the processor. */
static struct signal_info exception_info(const struct thread_page *page)
{
    enum { MAPPING = 1, ACCESS = 2, ADDRESS_ALIGNMENT = 1, ADDRESS_MISSING = 2, INTEGER_DIVIDE = 1, FLOAT_OTHER = 7, STEP = 2 };
    struct signal_info info = {.address = page->frame.FRAME_PC};
    switch ((enum exception)page->upcall_code) {
    case EXCEPTION_PAGE_FAULT:
        if (page->upcall_address >> 63)
            return kernel_address_info(page);
        info.signal = SIGSEGV;
        info.code = user_readable(page->upcall_address & ~(PAGE_BYTES - 1), 1) ? ACCESS : MAPPING;
        info.address = page->upcall_address;
        break;
    case EXCEPTION_BUS_ERROR:
        info.signal = SIGBUS;
        info.code = ADDRESS_MISSING;
        info.address = page->upcall_address;
        break;
    case EXCEPTION_ALIGNMENT:
        info.signal = SIGBUS;
        info.code = ADDRESS_ALIGNMENT;
        info.address = page->upcall_address;
        break;
    case EXCEPTION_ILLEGAL:
        info.signal = SIGILL;
        info.code = LINUX_ILLEGAL_CODE;
        break;
    case EXCEPTION_DIVIDE:
        info.signal = SIGFPE;
        info.code = INTEGER_DIVIDE;
        break;
    case EXCEPTION_FLOAT:
        info.signal = SIGFPE;
        info.code = FLOAT_OTHER;
        break;
    case EXCEPTION_BREAKPOINT:
        info.signal = SIGTRAP;
        info.code = LINUX_BREAK_CODE;
        break;
    case EXCEPTION_STEP:
        info.signal = SIGTRAP;
        info.code = STEP;
        break;
    default:
        info.signal = SIGSEGV;
        info.code = CODE_KERNEL;
    }
    if (info.code == CODE_KERNEL)
        info.address = 0;
    return info;
}

[[gnu::noinline]] static void exception(struct posix_thread *self, struct thread_page *page)
{
    struct signal_info info = exception_info(page);
    signal_fault(self, &info);
    if (signal_collect(self))
        signal_deliver(self);
}

void upcall(struct thread_page *page)
{
    struct posix_thread *self = thread_of(page);
    machine_complete(&page->frame);
    if (page->upcall_reason == UPCALL_SYSCALL) {
        if (upcall_call(page) == nullptr)
            upcall_finish(page);
    } else if (page->upcall_reason == UPCALL_EXCEPTION) {
        exception(self, page);
    } else if (signal_collect(self)) {
        signal_deliver(self);
    }
}
