/* fair.c: virtual time. A thread's runs as fast as its time on a CPU, times WEIGHT_DEFAULT over its weight; who got least of it is next, and
 * whoever got less than all of another CPU goes there at the end of a turn, so that shares are those of all CPUs together. Not here: when a
 * turn ends and who runs then (schedule.c).
 * Each CPU has a clock: of those who want it, the one who got least, never going back. Whoever comes keeps its time, but not far from the clock:
 * a wait gives no claim to more than a turn, and what was got where nobody else wanted the CPU is not held against it.
 * Virtual time is behind accounts of time (account.h) until thread_charge: a thread that is handed the CPU by calls is charged when it gets
 * into a queue, or when its turn is over.
 * Invariant: cpu->fair has the threads of cpu->run_queue[PRIORITY_DEFAULT], by virtual time, which does not change meanwhile. */
#include <sched/fair.h>
#include <sched/schedule.h>

#define TURN_LEAST_NS 1000000ull
#define CLAIM_NS ((int64_t)TIME_SLICE_NS)    /* of virtual time that one who waited is owed at most */
#define DISTANCE_NS (40 * (int64_t)TIME_SLICE_NS) /* that one who moved or was alone may be behind, or ahead */
#define CLEARLY_NS ((int64_t)TIME_SLICE_NS / 2)

static uint64_t latest_ns; /* of the clocks of CPUs that several want: never goes back */

static struct thread *thread_of(struct tree_node *node) { return container_of(node, struct thread, fair.node); }

/* How far a is ahead of b. */
static int64_t ahead(uint64_t a, uint64_t b) { return (int64_t)(a - b); }

static uint64_t virtual(const struct thread *thread, uint64_t ns)
{
    return thread->fair.weight == WEIGHT_DEFAULT ? ns : ns * WEIGHT_DEFAULT / thread->fair.weight;
}

/* Not further from the clock than that: behind, or ahead by some turns of its own. */
static void keep_near(struct thread *thread, uint64_t clock_ns, int64_t behind)
{
    int64_t distance = ahead(thread->fair.virtual_ns, clock_ns), most = DISTANCE_NS + 4 * (int64_t)virtual(thread, fair_turn_ns(thread));
    if (distance < -behind)
        thread->fair.virtual_ns = clock_ns - (uint64_t)behind;
    else if (distance > most)
        thread->fair.virtual_ns = clock_ns + (uint64_t)most;
}

void fair_init(struct thread *thread, uint32_t weight)
{
    thread->fair.weight = weight;
    thread->fair.virtual_ns = latest_ns;
}

void fair_insert(struct cpu *cpu, struct thread *thread)
{
    struct tree_node *parent = nullptr, **link = &cpu->fair.root;
    while (*link != nullptr) {
        parent = *link;
        link = ahead(thread->fair.virtual_ns, thread_of(parent)->fair.virtual_ns) < 0 ? &parent->left : &parent->right;
    }
    tree_insert(&cpu->fair, &thread->fair.node, parent, link, nullptr);
}

void fair_remove(struct cpu *cpu, struct thread *thread)
{
    tree_remove(&cpu->fair, &thread->fair.node, nullptr);
}

void fair_replace(struct cpu *cpu, struct thread *out, struct thread *in)
{
    const struct tree_node *root = cpu->fair.root;
    if (root == &out->fair.node && root->left == nullptr && root->right == nullptr) { /* two threads in turns */
        in->fair.node = (struct tree_node){};
        cpu->fair.root = &in->fair.node;
    } else {
        fair_remove(cpu, out);
        fair_insert(cpu, in);
    }
}

struct thread *fair_first(const struct cpu *cpu)
{
    return thread_of(tree_first(&cpu->fair));
}

void fair_charge(struct thread *thread, uint64_t ns)
{
    struct cpu *cpu = &cpus[thread->cpu];
    uint64_t *own = &thread->fair.virtual_ns, least;
    if (cpu->fair.root == nullptr) {
        *own += virtual(thread, ns);
        keep_near(thread, latest_ns, DISTANCE_NS);
        least = *own;
    } else {
        if (ahead(*own, cpu->fair_ns) < -DISTANCE_NS) /* the CPU was handed to it after a wait */
            *own = cpu->fair_ns - (uint64_t)CLAIM_NS;
        *own += virtual(thread, ns);
        uint64_t first = fair_first(cpu)->fair.virtual_ns;
        least = ahead(first, *own) < 0 ? first : *own;
        if (ahead(least, latest_ns) > 0)
            latest_ns = least;
    }
    if (ahead(least, cpu->fair_ns) > 0)
        cpu->fair_ns = least;
}

static bool runs_fair(const struct cpu *cpu)
{
    return cpu->current != nullptr && is_fair(cpu->current) && cpu->current->state == THREAD_RUNNING;
}

/* The clock that who comes to the CPU goes by. It stood where nobody waited. */
static uint64_t clock_of(struct cpu *cpu)
{
    if (cpu->fair.root == nullptr) {
        uint64_t least = runs_fair(cpu) ? latest_ns - (uint64_t)DISTANCE_NS : latest_ns;
        if (ahead(least, cpu->fair_ns) > 0)
            cpu->fair_ns = least;
    }
    return cpu->fair_ns;
}

void fair_arrive(struct cpu *cpu, struct thread *thread)
{
    keep_near(thread, clock_of(cpu), CLAIM_NS);
}

void fair_move(struct cpu *cpu, struct thread *thread)
{
    keep_near(thread, clock_of(cpu), DISTANCE_NS);
}

uint64_t fair_turn_ns(const struct thread *thread)
{
    if (!is_fair(thread) || thread->fair.weight >= WEIGHT_DEFAULT)
        return TIME_SLICE_NS;
    uint64_t turn_ns = TIME_SLICE_NS * thread->fair.weight / WEIGHT_DEFAULT;
    return turn_ns < TURN_LEAST_NS ? TURN_LEAST_NS : turn_ns;
}

void fair_set_weight(struct thread *thread, uint32_t weight)
{
    struct cpu *cpu = &cpus[thread->cpu];
    bool queued = is_fair(thread) && thread->state == THREAD_READY && !list_empty(&thread->queue);
    if (thread->state == THREAD_RUNNING)
        cpu_account(cpu);
    if (queued)
        fair_remove(cpu, thread);
    else
        thread_charge(thread);
    thread->fair.weight = weight;
    if (ahead(thread->fair.virtual_ns, latest_ns) < -CLAIM_NS)
        thread->fair.virtual_ns = latest_ns - (uint64_t)CLAIM_NS;
    if (queued)
        fair_insert(cpu, thread);
}

bool fair_is_next(const struct cpu *cpu, const struct thread *thread)
{
    if (cpu->ready_mask >> PRIORITY_DEFAULT > 1)
        return false;
    return cpu->fair.root == nullptr || ahead(fair_first(cpu)->fair.virtual_ns, thread->fair.virtual_ns) > 0;
}

struct thread *fair_behind(const struct cpu *cpu, const struct thread *than)
{
    struct thread *best = nullptr;
    int64_t most = CLEARLY_NS;
    for (unsigned i = 0; i < cpu_count; i++) {
        if (&cpus[i] == cpu || cpus[i].fair.root == nullptr)
            continue;
        struct thread *first = fair_first(&cpus[i]);
        int64_t distance = ahead(than->fair.virtual_ns, first->fair.virtual_ns);
        if (distance > most && (first->affinity & cpu->bit) != 0) {
            most = distance;
            best = first;
        }
    }
    return best;
}

bool fair_is_behind(const struct thread *thread, const struct thread *than)
{
    return ahead(thread->fair.virtual_ns, than->fair.virtual_ns) < 0;
}

bool fair_is_ahead(const struct cpu *cpu, const struct cpu *than)
{
    return ahead(cpu->fair_ns, than->fair_ns) > 0;
}

/* The clock of a CPU whose current is of the class, with what current had since it was charged. */
static uint64_t clock_now(const struct cpu *cpu)
{
    const struct thread *current = cpu->current;
    uint64_t ns = arch_ticks_ns(account_ticks(&current->time, true) - current->charged_ticks);
    uint64_t least = current->fair.virtual_ns + virtual(current, ns);
    if (cpu->fair.root != nullptr && ahead(fair_first(cpu)->fair.virtual_ns, least) < 0)
        least = fair_first(cpu)->fair.virtual_ns;
    return ahead(least, cpu->fair_ns) > 0 ? least : cpu->fair_ns;
}

struct cpu *fair_elsewhere(const struct thread *thread)
{
    struct cpu *best = nullptr;
    int64_t most = CLEARLY_NS;
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = &cpus[i];
        bool possible = i != thread->cpu && cpu->online && !cpu->off && (thread->affinity & cpu->bit) != 0;
        if (!possible || !runs_fair(cpu) || cpu->ready_mask >> PRIORITY_DEFAULT > 1)
            continue;
        int64_t distance = ahead(clock_now(cpu), thread->fair.virtual_ns);
        if (distance > most) {
            most = distance;
            best = cpu;
        }
    }
    return best;
}
