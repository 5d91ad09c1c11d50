/* report.c: the last words about a program. The stack is walked by frame pointers, as far as they make sense. */
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
                  symbol.name, (unsigned long long)(symbol.offset + (index ? 1 : 0)));
    else
        os_format(text, sizeof text, "  #%u %012llx", index, (unsigned long long)pc);
    line(self, text);
}

static void trace(struct posix_thread *self, const struct program_image *image, const struct frame *frame)
{
    uint64_t pc = frame->FRAME_PC, frame_pointer = frame->MACHINE_FRAME_POINTER, next[2];
    frame_line(self, image, 0, pc);
    for (unsigned i = 1; MACHINE_HAS_FRAME_RECORDS && i < FRAMES_MOST; i++) {
        uint64_t record = frame_pointer + MACHINE_FRAME_RECORD;
        if (frame_pointer & 7 || !user_readable(record, sizeof next))
            return;
        memcpy(next, (const void *)record, sizeof next);
        if (next[1] < USER_BASE || next[0] <= frame_pointer)
            return;
        frame_line(self, image, i, next[1]);
        frame_pointer = next[0];
    }
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
