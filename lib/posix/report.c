/* report.c: the last words about a program. The stack is walked by frame pointers, as far as they make sense; where the ABI
 * has none, what looks like a return address is shown as one. */
#include "report.h"
#include "descriptor.h"
#include "io.h"
#include "layout.h"
#include "machine.h"
#include "native.h"
#include "open.h"
#include "symbols.h"
#include "user.h"
#include <file.h>

#define FRAMES_MOST 24u
#define STACK_SEARCHED 0x10000u
#define REPORTED (SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGSYS))

struct program_image {
    const char *name;
    void  *bytes; /* the program's file, NULL: cannot be had */
    size_t size;
};

static const char *signal_name(uint32_t signal)
{
    switch (signal) {
    case SIGILL: return "illegal instruction";
    case SIGTRAP: return "breakpoint";
    case SIGABRT: return "aborted";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic exception";
    case SIGSEGV: return "segmentation fault";
    default: return "bad system call";
    }
}

static void line(struct posix_thread *self, const char *text)
{
    cap_t errors = descriptor_object(2);
    size_t length = strlen(text);
    ignore(os_system_log((uaddr_t)text, length));
    if (errors == CAP_NULL)
        return;
    (void)io_transfer(self, errors, true, FILE_POSITION, 0, text, length);
    (void)io_transfer(self, errors, true, FILE_POSITION, 0, "\n", 1);
}

static void open_image(struct program_image *image)
{
    struct path path;
    struct opened opened;
    cap_t memory;
    uint64_t size, where;
    *image = (struct program_image){.name = "program"};
    if (!process.executable)
        return;
    const char *slash = strrchr(process.executable, '/');
    image->name = slash ? slash + 1 : process.executable;
    path.length = strlen(process.executable);
    memcpy(path.buffer, process.executable, path.length + 1);
    path.text = path.buffer;
    if (open_path(&path, 0, 0, &opened) < 0)
        return;
    if (file_map(opened.object, PROT_BIT_READ, &memory, &size) == STATUS_OK && size &&
        os_mem_map(POSIX_CAP_TASK, memory, 0, RUNTIME_SCRATCH, page_round(size), PROT_BIT_READ | MAP_FIXED_ADDRESS | MAP_REPLACE, &where) == STATUS_OK) {
        image->bytes = (void *)where;
        image->size = size;
    }
}

static void frame_line(struct posix_thread *self, const struct program_image *image, unsigned index, uint64_t pc)
{
    char text[200];
    struct symbol symbol;
    /* A return address is behind its call: look one byte before it. */
    uint64_t address = pc - process.load_bias - (index ? 1 : 0);
    if (image->bytes && symbol_find(image->bytes, image->size, address, &symbol))
        os_format(text, sizeof text, "  #%u %012llx %.*s+0x%llx", index, (unsigned long long)pc, (int)(symbol.name_length < 100 ? symbol.name_length : 100),
                  symbol.name, (unsigned long long)symbol.offset + (index ? 1 : 0));
    else
        os_format(text, sizeof text, "  #%u %012llx", index, (unsigned long long)pc);
    line(self, text);
}

/* A word of the program's memory. Returns: 0 where there is none. */
static uint64_t word_at(uint64_t address)
{
    uint64_t word = 0;
    if (address % sizeof word == 0 && user_readable(address, sizeof word))
        memcpy(&word, (const void *)address, sizeof word);
    return word;
}

/* By the chain of frame records. */
static void trace_records(struct posix_thread *self, const struct program_image *image, uint64_t frame_pointer, unsigned index)
{
    while (index < FRAMES_MOST) {
        uint64_t record = frame_pointer + MACHINE_FRAME_RECORD, caller = word_at(record), pc = word_at(record + 8);
        if (pc < USER_BASE)
            return;
        frame_line(self, image, index++, pc);
        if (caller <= frame_pointer)
            return;
        frame_pointer = caller;
    }
}

static bool is_return_address(uint64_t address)
{
    uint32_t instruction;
    if (address % sizeof instruction || address < USER_BASE || !user_readable(address - MACHINE_CALL_DISTANCE, sizeof instruction))
        return false;
    memcpy(&instruction, (const void *)(address - MACHINE_CALL_DISTANCE), sizeof instruction);
    return machine_is_call(instruction);
}

/* All on the stack that looks like a return address; what of it is not there is passed over. */
static void trace_stack(struct posix_thread *self, const struct program_image *image, uint64_t stack, unsigned index)
{
    for (uint64_t at = stack; at < stack + STACK_SEARCHED && index < FRAMES_MOST; at += 8) {
        uint64_t address = word_at(at);
        if (is_return_address(address))
            frame_line(self, image, index++, address);
        if (address == 0 && !user_readable(at, 8))
            at |= PAGE_BYTES - 8;
    }
}

static void trace(struct posix_thread *self, const struct program_image *image, const struct frame *frame)
{
    unsigned index = 0;
    frame_line(self, image, index++, frame->FRAME_PC);
    if (!user_readable(frame->FRAME_PC, 1)) { /* it was called, and did not begin */
        uint64_t called_from = MACHINE_RETURN_IN_MEMORY ? word_at(frame->MACHINE_RETURN) : frame->MACHINE_RETURN;
        frame_line(self, image, index++, called_from);
    }
    if (MACHINE_HAS_FRAME_RECORDS)
        trace_records(self, image, frame->MACHINE_FRAME_POINTER, index);
    else
        trace_stack(self, image, frame->FRAME_SP, index);
}

void report_signal(struct posix_thread *self, const struct signal_info *info)
{
    char text[240];
    struct program_image image;
    const struct frame *frame = &page_of(self)->frame;
    if (!(REPORTED & SIGNAL_BIT(info->signal)) || info->code == CODE_USER) /* a kill says nothing about the program */
        return;
    self->mask = ~0ull; /* printing must not end in a handler */
    open_image(&image);
    os_format(text, sizeof text, "%s[%u]: %s at pc %llx, address %llx, sp %llx", image.name, PROCESS->pid, signal_name(info->signal),
              (unsigned long long)frame->FRAME_PC, (unsigned long long)info->address, (unsigned long long)frame->FRAME_SP);
    line(self, text);
    trace(self, &image, frame);
}
