/* main.c: the vfs server: sessions, and what services may ask without one. */
#include "vfs.h"
#include <protocols/identity.h>
#include <protocols/vfs_server.h>

SERVICE_MANIFEST("name = vfs\nexport = vfs\nimport = fs proc pipe terminal disks\nrestart = always\nstart = boot\npriority = 24\n")

static const struct serve_type session_type = {.dispatch = session_dispatch, .close = session_closed};

static enum status ask(struct session *session)
{
    uint64_t pid, uid, gid, group, id, groups;
    enum status status = identity_who(session->identity, &pid, &uid, &gid, &group, &id, &groups);
    if (status != STATUS_OK)
        return status;
    session->pid = (uint32_t)pid;
    session->session = (uint32_t)id;
    session->who = (uint32_t)uid | gid << 32;
    return STATUS_OK;
}

enum status op_refresh(void *self, struct request *)
{
    return ask(self);
}

void session_closed(void *self)
{
    struct session *session = self;
    os_drop(session->identity);
    os_free(session);
}

/* The identity must be a facet of proc's: another server could say anything. Only proc's facets are handed to processes as identity, and
 * a facet that is not one of them answers identity.who with an error or lies only about its own process; what it lies is bounded by who
 * could make it: any task can make a port, so the answer is taken only from facets whose port is proc's. */
enum status op_attach(void *, struct request *, cap_t identity, cap_t *facet)
{
    struct session *session = NEW(struct session);
    if (session == nullptr) {
        os_drop(identity);
        return STATUS_NO_MEMORY;
    }
    session->identity = identity;
    uint64_t same = 0;
    enum status status = os_port_same(identity, serve_import(1), &same);
    if (status == STATUS_OK && same == 0)
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_OK)
        status = ask(session);
    if (status == STATUS_OK)
        status = serve_open(&session_type, session, facet, nullptr);
    if (status != STATUS_OK)
        session_closed(session);
    return status;
}

static bool root_dispatch(void *self, struct request *rq)
{
    static const struct vfs_ops operations = {.attach = op_attach, .mounts = op_mounts};
    return vfs_dispatch(&operations, self, rq);
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = root_dispatch};
    static const struct server server = {.root = &root};
    serve_start(&server);
    mounts_start();
    return serve_run(&server);
}
