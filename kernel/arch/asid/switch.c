/* switch.c: arch_thread_switch of the machines whose spaces have numbers. The parts are the port's (switch.h). */
#include <switch.h>

void arch_thread_switch(struct thread *from, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    struct space *space = &to->task->space;
    switch_fast(cpu, from, to);
    switch_general(cpu, to);
    if (cpu->space == space)
        return;
    if (!switch_space_ready(cpu, &space->arch)) [[clang::unlikely]]
        space_make_ready(cpu, &space->arch);
    switch_space(cpu, &space->arch);
}
