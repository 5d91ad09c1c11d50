/* services.c: services. A port is made for each as it is found, so that facets can be given out before anybody serves.
 * Invariants: a service's port lives as long as it may be started (again); number = index + 1; task is a capability exactly while the
 * state is STARTED or READY. */
#include <services.h>

#include <elf.h>
#include <info.h>
#include <load.h>

#define FOLDER "system/"
#define PAUSE_FIRST_NS 20000000ull
#define PAUSE_MOST_NS 5000000000ull
#define STEADY_NS 10000000000ull /* who lived so long is started again without a pause */

static struct service **services;
static size_t           service_count, service_capacity;
static cap_t            init_port;

struct service *service_by_number(uint64_t number)
{
    return number - 1 < service_count ? services[number - 1] : nullptr;
}

struct service *service_next(const struct service *service)
{
    return service_by_number(service ? service->number + 1 : 1);
}

struct service *service_by_name(const char *name)
{
    for (size_t i = 0; i < service_count; i++)
        if (strcmp(services[i]->manifest.name, name) == 0)
            return services[i];
    for (size_t i = 0; i < service_count; i++) {
        const struct manifest *manifest = &services[i]->manifest;
        if (services[i]->state != STATE_ABSENT && manifest->exports && strcmp(manifest->exports, name) == 0)
            return services[i];
    }
    return nullptr;
}

bool service_imports(const struct service *service, const char *name)
{
    for (size_t i = 0; i < service->manifest.import_count; i++)
        if (strcmp(service->manifest.imports[i], name) == 0)
            return true;
    return false;
}

static uint64_t used_kib(const struct service *service, enum ledger_kind kind)
{
    uint64_t used = 0, limit;
    if (service->ledger)
        (void)os_ledger_info(service->ledger, kind, &used, &limit);
    return used / 1024;
}

int service_describe(const struct service *service, char *line, size_t size)
{
    static const char *const texts[] = {
        [STATE_IDLE] = "idle", [STATE_STARTED] = "starting", [STATE_READY] = "ready",
        [STATE_PAUSED] = "paused", [STATE_DEAD] = "dead", [STATE_ABSENT] = "absent",
    };
    int length = os_format(line, size, "%s %s %lu %lu %lu\n", service->manifest.name, texts[service->state], service->deaths,
                           used_kib(service, LEDGER_PAGES), used_kib(service, LEDGER_KERNEL));
    return length < (int)size ? length : (int)size - 1;
}

/* --- hardware --------------------------------------------------------------------------------------------------------------------------- */

static uint64_t figure(enum system_figure what)
{
    uint64_t value;
    return os_system_info(BOOTSTRAP_CONTROL, what, &value) == STATUS_OK ? value : 0;
}

/* That of a bus comes later. */
static bool hardware_is_there(enum manifest_device device)
{
    if (device == DEVICE_ON_BUS)
        return false;
    uint64_t kind = figure(SYSTEM_CONSOLE_KIND);
    switch (device) {
    case DEVICE_CONSOLE_16550:
        return kind == 1 || kind == 2;
    case DEVICE_CONSOLE_PL011:
        return kind == 3;
    default:
        return true;
    }
}

/* The argument of a driver's main; lib/drive reads it. */
static uint64_t device_argument(const struct service *service)
{
    if (service->manifest.device == DEVICE_NONE)
        return 0;
    if (service->device)
        return device_main_argument(service);
    return figure(SYSTEM_CONSOLE_KIND) | figure(SYSTEM_CONSOLE_STRIDE) << 8 | (figure(SYSTEM_CONSOLE_ADDRESS) & (OS_PAGE_SIZE - 1)) << 32;
}

static enum status install(cap_t task, cap_t cap, uint32_t rights, unsigned index)
{
    cap_t installed;
    return os_cap_install(task, cap, rights, index, &installed);
}

static enum status install_and_drop(cap_t task, cap_t cap, uint32_t rights, unsigned index)
{
    enum status status = install(task, cap, rights, index);
    os_drop(cap);
    return status;
}

/* Its interrupt line and its registers, at these indexes. */
static enum status give_device(struct service *service, cap_t task, unsigned index)
{
    if (service->device)
        return device_give(service, task, index);
    enum status status = STATUS_OK;
    if (!service->irq)
        status = os_irq_create(BOOTSTRAP_CONTROL, figure(SYSTEM_CONSOLE_IRQ), &service->irq);
    if (status == STATUS_OK)
        status = install(task, service->irq, RIGHT_IRQ_BIND | RIGHT_IRQ_ACK, index);
    if (status != STATUS_OK)
        return status;
    uint64_t address = figure(SYSTEM_CONSOLE_ADDRESS);
    cap_t registers;
    if (figure(SYSTEM_CONSOLE_KIND) == 1) {
        status = os_ioport_create(BOOTSTRAP_CONTROL, address, 8, &registers);
        return status == STATUS_OK ? install_and_drop(task, registers, RIGHT_IOPORT_READ | RIGHT_IOPORT_WRITE, index + 1) : status;
    }
    status = os_mem_create_physical(BOOTSTRAP_CONTROL, address & ~(uint64_t)(OS_PAGE_SIZE - 1), OS_PAGE_SIZE, CACHE_DEVICE, &registers);
    return status == STATUS_OK ? install_and_drop(task, registers, RIGHT_MEM_READ | RIGHT_MEM_WRITE, index + 1) : status;
}

/* --- capabilities ----------------------------------------------------------------------------------------------------------------------- */

enum status service_facet(struct service *service, uint32_t caller, cap_t *facet)
{
    if (!service->port)
        return STATUS_NOT_FOUND;
    return os_port_badge(service->port, caller, RIGHT_PORT_SEND | RIGHT_COMMON, facet);
}

static enum status import_facet(const struct service *service, const char *name, cap_t *facet)
{
    if (strcmp(name, "init") == 0)
        return os_port_badge(init_port, ADMIN_BADGE, RIGHT_PORT_SEND | RIGHT_COMMON, facet);
    struct service *other = service_by_name(name);
    if (!other)
        return STATUS_NOT_FOUND;
    enum status status = service_facet(other, service->number, facet);
    if (status == STATUS_OK)
        service_start(other);
    return status;
}

/* An import that is not there leaves its index empty. */
static enum status give_imports(struct service *service, cap_t task)
{
    for (size_t i = 0; i < service->manifest.import_count; i++) {
        cap_t facet;
        enum status status = import_facet(service, service->manifest.imports[i], &facet);
        if (status == STATUS_OK)
            status = install_and_drop(task, facet, RIGHT_PORT_SEND | RIGHT_COMMON, BOOTSTRAP_IMPORTS + (unsigned)i);
        else if (status == STATUS_NOT_FOUND)
            os_log("%s: there is no '%s' to import", service->manifest.name, service->manifest.imports[i]);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_OK;
}

#define TASK_RIGHTS (RIGHT_TASK_MAP | RIGHT_TASK_THREADS | RIGHT_TASK_CAPS | RIGHT_TASK_CONTROL | RIGHT_TASK_KILL | RIGHT_TASK_INFO | RIGHT_COPY)
#define THREAD_RIGHTS (RIGHT_THREAD_INFO | RIGHT_THREAD_KILL | RIGHT_COPY)
#define PORT_RIGHTS (RIGHT_PORT_SEND | RIGHT_PORT_RECEIVE | RIGHT_PORT_BADGE | RIGHT_COPY)

static enum status give_basics(struct service *service, cap_t task, cap_t thread)
{
    const struct manifest *manifest = &service->manifest;
    uint32_t ledger_rights = RIGHT_LEDGER_CHARGE | RIGHT_LEDGER_INFO | RIGHT_COPY | (manifest->limits_ledgers ? RIGHT_LEDGER_LIMIT : 0);
    cap_t own;
    enum status status = install(task, task, TASK_RIGHTS, BOOTSTRAP_TASK);
    if (status == STATUS_OK)
        status = install(task, thread, THREAD_RIGHTS, BOOTSTRAP_THREAD);
    if (status == STATUS_OK)
        status = install(task, service->ledger, ledger_rights, BOOTSTRAP_LEDGER);
    if (status == STATUS_OK)
        status = install(task, service->port, PORT_RIGHTS, BOOTSTRAP_PORT);
    if (status == STATUS_OK)
        status = os_port_badge(init_port, service->number, RIGHT_PORT_SEND | RIGHT_COPY, &own); /* its own: never passed on to programs */
    if (status == STATUS_OK)
        status = install_and_drop(task, own, RIGHT_PORT_SEND | RIGHT_COPY, BOOTSTRAP_INIT);
    if (status == STATUS_OK && manifest->control)
        status = install(task, BOOTSTRAP_CONTROL, manifest->control, BOOTSTRAP_CONTROL);
    return status;
}

/* --- start ------------------------------------------------------------------------------------------------------------------------------ */

static void make_dead(struct service *service)
{
    service->state = STATE_DEAD;
    session_look();
    (void)os_port_destroy(service->port);
    os_drop(service->port);
    service->port = CAP_NULL;
}

static void pause_then_start(struct service *service)
{
    service->state = STATE_PAUSED;
    serve_timer_set(&service->restart, os_now() + service->pause_ns);
}

/* The task is there: give it what it may have, and let it run. */
static enum status set_off(struct service *service, const struct loaded *loaded)
{
    const struct manifest *manifest = &service->manifest;
    enum status status = give_basics(service, loaded->task, loaded->thread);
    if (status == STATUS_OK)
        status = give_imports(service, loaded->task);
    if (status == STATUS_OK && manifest->device != DEVICE_NONE)
        status = give_device(service, loaded->task, BOOTSTRAP_IMPORTS + (unsigned)manifest->import_count);
    if (status == STATUS_OK && manifest->priority != UINT64_MAX)
        status = os_thread_set_priority(loaded->thread, manifest->priority);
    if (status == STATUS_OK)
        status = os_task_bind_death(loaded->task, service->death.notification, 1);
    if (status == STATUS_OK)
        status = os_thread_start(loaded->thread, loaded->entry, loaded->stack_pointer, device_argument(service));
    return status;
}

void service_start(struct service *service)
{
    if (service->state != STATE_IDLE && service->state != STATE_PAUSED)
        return;
    service->state = STATE_STARTED; /* before its imports start: they may import it */
    service->started_ns = os_now();
    struct loaded loaded;
    enum status status = load_program(&service->program, service->ledger, service->manifest.name, service->manifest.stack, &loaded);
    if (status == STATUS_OK) {
        service->task = loaded.task;
        status = set_off(service, &loaded);
        os_drop(loaded.thread);
        if (status == STATUS_OK)
            return;
        (void)os_task_kill(loaded.task, 0);
        os_drop(loaded.task);
        service->task = CAP_NULL;
    }
    os_log("cannot start %s: %s", service->manifest.name, os_status_text(status));
    make_dead(service);
}

static void restart_due(struct serve_timer *timer)
{
    service_start(container_of(timer, struct service, restart));
}

static void died(struct serve_watch *watch, uint64_t)
{
    struct service *service = container_of(watch, struct service, death);
    if (!service->task)
        return;
    uint64_t code = 0;
    (void)os_task_info(service->task, TASK_EXIT_CODE, &code);
    os_drop(service->task);
    service->task = CAP_NULL;
    (void)os_port_break_calls(service->port);
    bool ended = code == 0 && !service->manifest.restarts; /* its work is done */
    if (!ended)
        os_log("%s died (code %ld)%s", service->manifest.name, (int64_t)code, service->manifest.restarts ? ": starting it again" : "");
    if (service->manifest.may & MAY_SESSION)
        session_lost();
    if (!service->manifest.restarts)
        return make_dead(service);
    service->deaths++;
    bool steady = os_now() - service->started_ns >= STEADY_NS;
    if (steady || !service->pause_ns) {
        service->pause_ns = PAUSE_FIRST_NS;
        service->state = STATE_PAUSED;
        return service_start(service);
    }
    pause_then_start(service);
    service->pause_ns = service->pause_ns * 2 < PAUSE_MOST_NS ? service->pause_ns * 2 : PAUSE_MOST_NS;
}

/* --- what there is ---------------------------------------------------------------------------------------------------------------------- */

static enum status make_objects(struct service *service)
{
    const struct manifest *manifest = &service->manifest;
    enum status status = os_port_create(BOOTSTRAP_LEDGER, manifest->queue, &service->port);
    if (status == STATUS_OK)
        status = os_ledger_create(BOOTSTRAP_LEDGER, &service->ledger);
    if (status == STATUS_OK && manifest->kept)
        status = os_pager_keep(BOOTSTRAP_CONTROL, service->ledger, 1);
    if (status == STATUS_OK && manifest->memory)
        status = os_ledger_set_limit(service->ledger, LEDGER_PAGES, manifest->memory);
    service->death.signalled = died;
    service->restart.expired = restart_due;
    return status == STATUS_OK ? serve_watch(&service->death) : status;
}

/* Returns: OK when the program has a manifest, which is in service->manifest then. */
static enum status read_manifest(struct service *service, const struct archive_entry *program)
{
    struct elf elf;
    const void *text;
    size_t length;
    enum status status = elf_open(&elf, program->data, program->size, program->size, OS_ELF_MACHINE);
    if (status == STATUS_OK)
        status = elf_note(&elf, SERVICE_NOTE_NAME, SERVICE_NOTE_TYPE, &text, &length);
    if (status != STATUS_OK)
        return status;
    unsigned line;
    status = manifest_parse(&service->manifest, text, length, &line);
    if (status == STATUS_BAD_FORMAT)
        os_log("%s: line %u of its manifest is wrong", program->name, line);
    return status;
}

static struct service *new_service(const struct archive_entry *program)
{
    struct service *service = NEW(struct service);
    if (!service || !GROW(services, service_count, service_capacity)) {
        os_free(service);
        return nullptr;
    }
    service->program = *program;
    return service;
}

static void append(struct service *service)
{
    service->number = (uint32_t)service_count + 1;
    services[service_count++] = service;
}

static void add_service(const struct archive_entry *program)
{
    struct service *service = new_service(program);
    if (!service)
        os_fatal("no memory for the services");
    enum status status = read_manifest(service, program);
    if (status != STATUS_OK) {
        if (status != STATUS_NOT_FOUND)
            os_log("%s is no service: %s", program->name, os_status_text(status));
        return os_free(service);
    }
    append(service);
    if (!hardware_is_there(service->manifest.device)) {
        service->state = STATE_ABSENT;
        return;
    }
    status = make_objects(service);
    if (status != STATUS_OK)
        os_fatal("making the objects of %s: %s", program->name, os_status_text(status));
}

/* Its name is the first one's with its number behind it. */
static bool name_instance(struct service *service, const char *first)
{
    size_t room = strlen(first) + 12;
    char *name = os_allocate(room);
    if (!name)
        return false;
    os_format(name, room, "%s-%u", first, service->instance);
    service->manifest.name = name;
    return true;
}

struct service *service_repeat(const struct service *first)
{
    struct service *service = new_service(&first->program);
    if (!service)
        return nullptr;
    for (size_t i = 0; i < service_count; i++)
        service->instance += services[i]->program.data == first->program.data;
    if (read_manifest(service, &first->program) != STATUS_OK || !name_instance(service, first->manifest.name)) {
        os_free(service);
        return nullptr;
    }
    service->state = STATE_ABSENT;
    append(service);
    return service;
}

void service_has_device(struct service *service)
{
    enum status status = make_objects(service);
    if (status != STATUS_OK)
        return os_log("making the objects of %s: %s", service->manifest.name, os_status_text(status));
    service->state = STATE_IDLE;
    if (service->manifest.starts_at_boot)
        service_start(service);
}

static void find_services(void)
{
    struct archive archive;
    struct archive_entry entry;
    enum status status;
    archive_open(&archive, image.bytes, image.size);
    while ((status = archive_next(&archive, &entry)) == STATUS_OK)
        if (strncmp(entry.name, FOLDER, strlen(FOLDER)) == 0 && (entry.mode & 0170000) == 0100000)
            if (strncmp(entry.name + strlen(FOLDER), "servers/", 8) == 0 || strncmp(entry.name + strlen(FOLDER), "drivers/", 8) == 0)
                add_service(&entry);
    if (status != STATUS_NOT_FOUND)
        os_fatal("the boot archive is damaged: %s", os_status_text(status));
}

/* The boot option start=NAME,NAME. */
static void start_wanted(void)
{
    char *names = image_option("start");
    for (char *name = names, *end; name; name = end) {
        end = strchr(name, ',');
        if (end)
            *end++ = 0;
        struct service *service = service_by_name(name);
        if (service)
            service_start(service);
        else
            os_log("there is no service '%s' to start", name);
    }
    os_free(names);
}

void services_start(cap_t own_port)
{
    init_port = own_port;
    find_services();
    for (size_t i = 0; i < service_count; i++)
        if (services[i]->manifest.starts_at_boot)
            service_start(services[i]);
    start_wanted();
}
