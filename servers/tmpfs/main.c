/* main.c: the tmpfs server. */
#include "tmpfs.h"

SERVICE_MANIFEST("name = tmpfs\nexport = fs\ncontrol = info\nmay = archive\nrestart = never\nstart = boot\npriority = 24\n")

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = names_dispatch};
    static const struct server server = {.root = &root};
    serve_start(&server);
    populate();
    return serve_run(&server);
}
