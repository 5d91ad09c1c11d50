/* services.h: the services of the boot archive: who they are, starting them, their deaths. */
#ifndef INIT_SERVICES_H
#define INIT_SERVICES_H

#include <image.h>
#include <manifest.h>
#include <serve.h>

/* Badges of facets of init's own port: the number of the service that holds it; or ADMIN_BADGE, for who imports "init". */
#define ADMIN_BADGE 0x80000000u

enum service_state : int { STATE_IDLE, STATE_STARTED, STATE_READY, STATE_PAUSED /* until it is started again */, STATE_DEAD, STATE_ABSENT };

struct service {
    struct manifest      manifest;
    struct archive_entry program;
    uint32_t             number;      /* from 1; the badge of its facets of others' ports */
    enum service_state   state;
    cap_t                port, ledger, task, irq;
    struct device       *device;      /* of those on a bus, the one that it drives */
    uint32_t             instance;    /* how many services of the same program came before it */
    cap_t                dma;         /* its device's memory, which is never given back: the device may write to it for as long as it likes */
    uint64_t             dma_address;
    uint64_t             deaths;      /* that were followed by a start */
    uint64_t             started_ns;
    uint64_t             pause_ns;    /* before the next start */
    struct serve_watch   death;
    struct serve_timer   restart;
};

/* Find all services in the archive and start those that start at boot. own_port: init's port, for their BOOTSTRAP_INIT. */
void services_start(cap_t own_port);

struct service *service_by_number(uint64_t number);
/* By name, or by what it exports (if its hardware is there). */
struct service *service_by_name(const char *name);
/* Start it if it does not run. */
void service_start(struct service *service);
/* Returns: OK and a facet of the service's port with the caller's number as its badge. */
[[nodiscard]] enum status service_facet(struct service *service, uint32_t caller, cap_t *facet);
bool service_imports(const struct service *service, const char *name);
/* Each service in order, NULL at the end. */
struct service *service_next(const struct service *service);
/* A line of text with a newline: name, state, restarts, KiB of its memory and of the kernel's for it. Returns: its length, cut to size. */
int service_describe(const struct service *service, char *line, size_t size);

/* devices.c: of buses, to their drivers. */
struct device;
[[nodiscard]] enum status device_offered(const struct service *bus, uint64_t place, char *names, cap_t facet);
/* What a driver gets at these indexes: its device's facet, then the memory for it. */
[[nodiscard]] enum status device_give(struct service *service, cap_t task, unsigned index);
/* The argument of its main: physical address of its memory (whole pages) | instance. */
uint64_t device_main_argument(const struct service *service);
/* Have the buses said all and do the drivers serve? */
bool devices_settled(void);

/* A further service of the same program, for one more device. NULL: no memory. */
struct service *service_repeat(const struct service *service);
/* Its hardware is there now. */
void service_has_device(struct service *service);

/* Called when the one with MAY_SESSION died, and when devices_settled may say something else (session.c). */
void session_lost(void);
void session_look(void);

#endif
