/* attach.h: what drivers of disks share. */
#ifndef DRIVE_ATTACH_H
#define DRIVE_ATTACH_H

#include <drive.h>

/* Tell the server of disks of this driver's disk number `number`, now and whenever that server comes back, and init that the driver is
 * ready (so server.not_ready is set). */
void disk_attach(cap_t disks, unsigned number);

#endif
