/* upcall.c: what the kernel enters the runtime for: the program's system calls, its exceptions, and signals. */
#include "linux.h"
#include <callers.h>
#include <machine.h>
#include <personality.h>

void upcall(struct thread_page *page);
/* A system call on machines where the kernel tells it from the other upcalls, and where the frame need not be whole (linux.h).
 * Returns: the page when only the result is new in its frame. Else NULL: upcall_finish has to be called with a whole frame, and goes on
 * from there to what the frame says then. */
struct thread_page *upcall_call(struct thread_page *page);
void upcall_finish(struct thread_page *page);
/* The same for calls that are no trap: lib/posix/process.h. */
long called(struct thread_page *page);
void call_finish(struct thread_page *page);
void call_continue(struct thread_page *page);

#define RESULT_WHOLE (-2002L) /* the call is one that needs a whole frame, or none at all */
#define CALL_UNFINISHED (-2002L)

void personality_set_result(struct frame *frame, long result)
{
    linux_set_result(frame, result);
}

void personality_restart(struct frame *frame)
{
    frame->FRAME_PC -= SYSCALL_INSTRUCTION_BYTES;
}

/* Put the result of a system call into the frame, or what takes its place, and enter the handler that is to run. */
static void finish(struct posix_thread *self, struct frame *frame, long result, void (*set_result)(struct frame *, long), void (*again)(struct frame *))
{
    if (result == RESULT_AGAIN || (result == RESULT_RESTART && process.actions[self->taken.signal].flags & ACTION_RESTART))
        again(frame);
    else if (result != RESULT_FRAME)
        set_result(frame, result == RESULT_RESTART ? -EINTR : result);
    signal_mask_restore(self);
    if (self->taken.signal)
        signal_deliver(self);
}

/* Is there more to do than to hand over the result? */
static inline bool is_special(const struct posix_thread *self, long result)
{
    return self->taken.signal | self->restore_mask | (result <= RESULT_AGAIN && result >= RESULT_FRAME);
}

static inline linux_call function_of(const struct frame *frame)
{
    uint64_t index = LINUX_NUMBER(frame) - LINUX_TABLE_BASE;
    return index < LINUX_TABLE_LENGTH ? linux_table[index].function : nullptr;
}

/* The result of the call, which is carried out now if it needs a whole frame. */
static long whole_result(struct posix_thread *self, struct frame *frame)
{
    uint64_t index = LINUX_NUMBER(frame) - LINUX_TABLE_BASE;
    if (self->result != RESULT_WHOLE)
        return self->result;
    if (LINUX_NUMBER(frame) == CALLER_REGISTER)
        return caller_register(self, frame->FRAME_TLS);
    linux_call whole = index < LINUX_TABLE_LENGTH ? linux_table[index].whole : nullptr;
    return whole ? whole(self, frame) : -ENOSYS;
}

struct thread_page *upcall_call(struct thread_page *page)
{
    linux_call function = function_of(&page->frame);
    if (!function) [[clang::unlikely]] {
        thread_of(page)->result = RESULT_WHOLE;
        return nullptr;
    }
    long result = function(thread_of(page), &page->frame);
    page = os_thread_page(); /* cheaper than to keep it */
    struct posix_thread *self = thread_of(page);
    if (is_special(self, result)) [[clang::unlikely]] {
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
    finish(self, &page->frame, whole_result(self, &page->frame), personality_set_result, personality_restart);
}

/* --- calls that are no trap ------------------------------------------------------------------------------------------------------------------ */

long called(struct thread_page *page)
{
    linux_call function = function_of(&page->frame);
    if (!function) [[clang::unlikely]] {
        thread_of(page)->result = RESULT_WHOLE;
        return CALL_UNFINISHED;
    }
    long result = function(thread_of(page), &page->frame);
    struct posix_thread *self = thread_of(os_thread_page());
    if (is_special(self, result)) [[clang::unlikely]] {
        self->result = result;
        return CALL_UNFINISHED;
    }
    return linux_call_result(result);
}

static void set_call_result(struct frame *frame, long result)
{
    frame->FRAME_STATUS = (uint64_t)linux_call_result(result);
}

static void call_again(struct frame *frame)
{
    linux_call_again(frame);
}

void call_finish(struct thread_page *page)
{
    struct posix_thread *self = thread_of(page);
    machine_complete(&page->frame);
    finish(self, &page->frame, whole_result(self, &page->frame), set_call_result, call_again);
}

void call_continue(struct thread_page *page)
{
    machine_complete(&page->frame);
    if (signal_collect(thread_of(page)))
        signal_deliver(thread_of(page));
}

/* --- exceptions ------------------------------------------------------------------------------------------------------------------------------ */

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
        info.code = mapped_part(page->upcall_address, USER_END).start == page->upcall_address ? ACCESS : MAPPING;
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
