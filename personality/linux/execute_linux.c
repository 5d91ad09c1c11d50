/* execute_linux.c: loads a Linux program: scripts, static and position-independent ELF files, and those that name an interpreter.
 * All that can be wrong with the files is found before the old program goes. Not here: set-id programs run as their caller. */
#include "linux.h"
#include "program_stack.h"
#include "script.h"
#include <elf.h>
#include <layout.h>
#include <machine.h>
#include <map.h>
#include <personality.h>
#include <pool.h>
#include <session.h>

#define HEAD_SIZE 4096u
#define SCRIPTS_MOST 5u
#define ACCESS_EXECUTE 1u

extern const char vdso_start[]; /* runtime.ld */

/* A file that is to be run, opened. */
struct program_file {
    cap_t      memory;
    uint64_t   size;
    size_t     head_length;
    struct elf elf;
    uint64_t   base, start, end; /* loaded: bias, first and last address */
    char       head[HEAD_SIZE];
};

static void file_close(struct program_file *file)
{
    if (file->memory != CAP_NULL)
        ignore(os_cap_drop(file->memory));
    file->memory = CAP_NULL;
}

static long file_open(struct path *path, struct program_file *file)
{
    struct opened opened;
    file->memory = CAP_NULL;
    file->size = file->head_length = file->base = file->start = file->end = 0;
    file->elf = (struct elf){};
    file->head[0] = 0;
    long result = path_follow_executable(path);
    if (result == 0)
        result = errno_of(WITH_SESSION(vfs_access(session, ACCESS_EXECUTE, 0, path->text, path->length)));
    if (result == 0)
        result = open_path(path, 0, 0, &opened);
    if (result != 0)
        return result;
    enum status status = opened.kind == KIND_REGULAR ? file_map(opened.object, PROT_BIT_READ | PROT_BIT_EXEC, &file->memory, &file->size) : STATUS_ACCESS_DENIED;
    ignore(os_cap_drop(opened.object));
    uint64_t got = 0;
    if (status == STATUS_OK)
        status = os_mem_read(file->memory, 0, (uaddr_t)file->head, file->size < HEAD_SIZE ? file->size : HEAD_SIZE, &got);
    file->head_length = got;
    if (status != STATUS_OK)
        file_close(file);
    return status == STATUS_NOT_SUPPORTED || status == STATUS_NO_DEVICE ? -EACCES : errno_of(status);
}

/* Put a path of ours where open_path wants it. */
static long path_set(struct path *path, const char *text)
{
    size_t length = strlen(text);
    if (text[0] == '/') {
        if (length >= PATH_LIMIT)
            return -ENAMETOOLONG;
        memcpy(path->buffer, text, length + 1);
    } else {
        os_lock(&process.names_lock);
        long joined = path_join(path->buffer, sizeof path->buffer, process.working_directory, text, length);
        os_unlock(&process.names_lock);
        if (joined < 0)
            return joined;
        length = (size_t)joined;
    }
    path->text = path->buffer;
    path->length = length;
    return 0;
}

/* The file is a script, called so: its interpreter is what is to be run. */
static long follow_script(struct path *path, const char *called, struct program_strings *strings, const struct program_file *script)
{
    struct script_line line;
    if (!script_parse(script->head, script->head_length, &line))
        return -ENOEXEC;
    const char *const texts[] = {line.interpreter, line.argument[0] ? line.argument : called, called};
    long result = strings_prepend(strings, texts, line.argument[0] ? 3 : 2);
    return result == 0 ? path_set(path, line.interpreter) : result;
}

/* Open the program and, as long as it is a script, its interpreter; the strings are changed to suit. */
static long find_program(struct path *path, struct program_strings *strings, struct program_file *file)
{
    for (unsigned depth = 0; depth < SCRIPTS_MOST; depth++) {
        char *called = pool_string(path->text, path->length);
        if (!called)
            return -ENOMEM;
        long result = file_open(path, file);
        bool script = result == 0 && file->head_length >= 2 && file->head[0] == '#' && file->head[1] == '!';
        if (script) {
            file_close(file);
            result = follow_script(path, called, strings, file);
        }
        pool_string_free(called);
        if (result < 0 || !script)
            return result;
    }
    return -ELOOP;
}

/* Check all segments and find where the file will lie. base: for files that may lie anywhere. */
static long check_segments(struct program_file *file, uint64_t base)
{
    if (elf_open(&file->elf, file->head, file->head_length, file->size, OS_ELF_MACHINE) != STATUS_OK ||
        elf_span(&file->elf, &file->start, &file->end) != STATUS_OK)
        return -ENOEXEC;
    file->base = file->elf.type == ELF_SHARED ? base - (file->start & ~(PAGE_BYTES - 1)) : 0;
    if (__builtin_add_overflow(file->start, file->base, &file->start) || __builtin_add_overflow(file->end, file->base, &file->end))
        return -ENOEXEC;
    if (!user_range((void *)(file->start & ~(PAGE_BYTES - 1)), page_round(file->end) - (file->start & ~(PAGE_BYTES - 1))))
        return -ENOEXEC;
    for (unsigned i = 0; i < file->elf.segment_count; i++) {
        struct elf_segment segment;
        if (elf_segment(&file->elf, i, &segment) != STATUS_OK)
            return -ENOEXEC;
        if (segment.type == ELF_LOAD && ((segment.va ^ segment.offset) & (PAGE_BYTES - 1)) && segment.file_size)
            return -ENOEXEC;
    }
    return 0;
}

static bool has_interpreter(const struct program_file *file)
{
    struct elf_segment segment;
    for (unsigned i = 0; i < file->elf.segment_count; i++)
        if (elf_segment(&file->elf, i, &segment) == STATUS_OK && segment.type == ELF_INTERPRETER)
            return true;
    return false;
}

/* The interpreter's path, if the program names one. Returns: its length, 0: none, -ENOEXEC. */
static long interpreter_path(const struct program_file *file, char *path)
{
    for (unsigned i = 0; i < file->elf.segment_count; i++) {
        struct elf_segment segment;
        uint64_t got = 0;
        if (elf_segment(&file->elf, i, &segment) != STATUS_OK || segment.type != ELF_INTERPRETER)
            continue;
        if (segment.file_size < 2 || segment.file_size > PATH_LIMIT)
            return -ENOEXEC;
        if (os_mem_read(file->memory, segment.offset, (uaddr_t)path, segment.file_size, &got) != STATUS_OK || got != segment.file_size || path[got - 1])
            return -ENOEXEC;
        return (long)strlen(path);
    }
    return 0;
}

/* --- loading ---------------------------------------------------------------------------------------------------------------------------------- */

/* The part of a segment that is in the file. Writable ones are a copy, others are shared by all who run the file. */
static enum status map_file_part(const struct program_file *file, const struct elf_segment *segment, uint64_t start, uint64_t file_end)
{
    uint64_t where, page = start & ~(PAGE_BYTES - 1);
    uint64_t offset = segment->offset & ~(PAGE_BYTES - 1);
    uint64_t kind = segment->prot & PROT_BIT_WRITE ? MAP_PRIVATE_COPY : MAP_SHARED_CLONE;
    return os_mem_map(POSIX_CAP_TASK, file->memory, offset, page, page_round(file_end) - page, segment->prot | kind | MAP_FIXED_ADDRESS | MAP_REPLACE, &where);
}

static enum status map_segment(const struct program_file *file, const struct elf_segment *segment)
{
    uint64_t start = segment->va + file->base, file_end = start + segment->file_size, end = start + segment->memory_size;
    uint64_t anonymous = segment->file_size ? page_round(file_end) : start & ~(PAGE_BYTES - 1);
    enum status status = segment->file_size ? map_file_part(file, segment, start, file_end) : STATUS_OK;
    if (status == STATUS_OK && segment->prot & PROT_BIT_WRITE && segment->file_size && file_end < anonymous && end > file_end)
        memset((void *)file_end, 0, (anonymous < end ? anonymous : page_round(end)) - file_end);
    if (status == STATUS_OK && page_round(end) > anonymous)
        status = memory_map_anonymous(anonymous, page_round(end) - anonymous, segment->prot);
    return status;
}

static enum status map_program(const struct program_file *file)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < file->elf.segment_count && status == STATUS_OK; i++) {
        struct elf_segment segment;
        status = elf_segment(&file->elf, i, &segment);
        if (status == STATUS_OK && segment.type == ELF_LOAD && segment.memory_size)
            status = map_segment(file, &segment);
    }
    return status;
}

/* Where the program headers are in memory; 0: nowhere. */
static uint64_t headers_address(const struct program_file *file)
{
    uint64_t offset = file->elf.headers_offset;
    for (unsigned i = 0; i < file->elf.segment_count; i++) {
        struct elf_segment segment;
        if (elf_segment(&file->elf, i, &segment) == STATUS_OK && segment.type == ELF_LOAD && offset >= segment.offset && offset - segment.offset < segment.file_size)
            return segment.va + file->base + (offset - segment.offset);
    }
    return 0;
}

/* The old program is gone: nothing to return to. */
[[noreturn]] static void fail_late(const char *path, enum status status)
{
    os_log("%s[%u]: cannot be loaded: %s", path, PROCESS->pid, os_status_text(status));
    signal_terminate(SIGKILL);
}

static void start_program(struct posix_thread *self, uint64_t entry, uint64_t stack)
{
    struct frame *frame = &page_of(self)->frame;
    memset(frame, 0, sizeof *frame);
    frame->FRAME_PC = entry;
    frame->FRAME_SP = stack;
    fpu_reset();
}

/* What loads a program that has an interpreter. */
struct interpreter {
    struct program_file file;
    struct path path;
    char name[PATH_LIMIT];
};

static long open_interpreter(const struct program_file *program, struct interpreter *interpreter)
{
    long result = interpreter_path(program, interpreter->name);
    if (result <= 0)
        return result < 0 ? result : -ENOEXEC;
    result = path_set(&interpreter->path, interpreter->name);
    if (result == 0)
        result = file_open(&interpreter->path, &interpreter->file);
    if (result == 0 && check_segments(&interpreter->file, PROGRAM_INTERPRETER_BASE) < 0)
        result = -ELIBBAD;
    return result;
}

/* *interpreter: from the pool, NULL if it has none. */
static long prepare(struct path *path, struct program_strings *strings, struct program_file *program, struct interpreter **interpreter)
{
    long result = find_program(path, strings, program);
    if (result == 0)
        result = check_segments(program, PROGRAM_PIE_BASE);
    if (result != 0 || !has_interpreter(program))
        return result;
    *interpreter = pool_allocate(sizeof **interpreter);
    if (!*interpreter)
        return -ENOMEM;
    (*interpreter)->file.memory = CAP_NULL;
    return open_interpreter(program, *interpreter);
}

/* From here on there is no way back. interpreter: NULL if there is none. */
static void replace_program(struct posix_thread *self, const char *called, const struct path *path, struct program_strings *strings,
                            const struct program_file *program, const struct program_file *interpreter)
{
    uint64_t stack;
    execute_commit(self);
    execute_named(self, called, path->text, strings);
    enum status status = map_program(program);
    if (status == STATUS_OK && interpreter)
        status = map_program(interpreter);
    if (status == STATUS_OK)
        status = memory_map_anonymous(PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE, PROGRAM_STACK_SIZE, PROT_BIT_READ | PROT_BIT_WRITE);
    if (status != STATUS_OK)
        fail_late(called, status);
    struct program_facts facts = {
        .entry = program->elf.entry + program->base, .headers = headers_address(program), .header_count = program->elf.segment_count,
        .interpreter_base = interpreter ? interpreter->base : 0, .hardware = linux_hardware(), .platform = LINUX_PLATFORM,
        .uid = PROCESS->uid, .euid = PROCESS->euid, .gid = PROCESS->gid, .egid = PROCESS->egid, .signal_stack = 2048 + signal_frame_size(),
        .vdso = LINUX_HAS_VDSO ? (uint64_t)vdso_start : 0,
    };
    random_bytes(facts.random, sizeof facts.random);
    stack = program_stack_build((char *)PROGRAM_STACK_TOP, PROGRAM_STACK_SIZE, called, strings, &facts);
    process.brk_start = process.brk_now = page_round(program->end);
    process.lock_future = false;
    process.stack_top = PROGRAM_STACK_TOP;
    process.stack_size = PROGRAM_STACK_SIZE;
    process.load_bias = program->base;
    start_program(self, interpreter ? interpreter->elf.entry + interpreter->base : facts.entry, stack);
}

/* What most programs need is on the stack, and of that little is touched: pages that the process has written already, or will soon. */
long personality_execute(struct posix_thread *self, struct path *path, struct program_strings *strings)
{
    struct program_file program;
    struct interpreter *interpreter = NULL;
    char *called = pool_string(path->text, path->length);
    program.memory = CAP_NULL;
    long result = called ? prepare(path, strings, &program, &interpreter) : -ENOMEM;
    if (result >= 0) {
        replace_program(self, called, path, strings, &program, interpreter ? &interpreter->file : NULL);
        result = RESULT_FRAME;
    }
    file_close(&program);
    if (interpreter)
        file_close(&interpreter->file);
    pool_free(interpreter, sizeof *interpreter);
    pool_string_free(called);
    return result;
}
