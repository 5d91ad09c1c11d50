/* scheduling_abi.h: policies of processes, with Linux's numbers. */
#ifndef ABI_SCHEDULING_ABI_H
#define ABI_SCHEDULING_ABI_H

enum policy : unsigned { POLICY_ORDINARY = 0, POLICY_FIFO = 1, POLICY_ROUND_ROBIN = 2, POLICY_BATCH = 3, POLICY_NONE = 4, POLICY_IDLE = 5, POLICY_DEADLINE = 6 };
#define POLICY_RESET_ON_FORK 0x40000000u /* besides: children do not have it */
#define POLICY_AS_IT_IS 0xffffffffu
#define REALTIME_MOST 99u                /* priorities of FIFO and ROUND_ROBIN: from 1 */

#endif
