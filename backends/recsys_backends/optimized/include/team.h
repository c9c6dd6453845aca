/* Threads that share a list of jobs, and wait for each other without falling asleep.
 *
 * OpenMP starts the threads; its own barriers are not used inside, for two reasons seen in
 * measurements. They either spin for milliseconds, so that two fits at a time on two cores took 19
 * times as long as one; or they sleep, and a thread that is woken after a sleep of microseconds may
 * find itself on the core of the thread that woke it, where two threads are no faster than one. Here
 * a thread that waits gives its core to whoever wants it and stays awake.
 *
 * Threads take part where the compiler knows OpenMP and GCC's atomics; elsewhere one does all. */
#ifndef RECSYS_TEAM_H
#define RECSYS_TEAM_H

#include "portability.h"

#if defined(_OPENMP) && HAS_VECTOR_TYPES
#define HAS_TEAMS 1
#include <omp.h>
#if defined(_WIN32)
#include <windows.h>
#define GIVE_WAY() SwitchToThread()
#else
#include <sched.h>
#define GIVE_WAY() sched_yield()
#endif
#else
#define HAS_TEAMS 0
#endif

#define MAX_PHASES 4

typedef struct {
    int n_threads;                /* how many really take part */
    int64_t next_job[MAX_PHASES]; /* for each phase, the next job that nobody has taken */
    int64_t n_arrived;            /* arrivals at the ends of phases so far */
} team;

#if HAS_TEAMS

ALWAYS_INLINE void wait_a_moment(int *n_waits)
{
    if (++*n_waits % 64)
        __asm__ __volatile__("" ::: "memory");
    else
        GIVE_WAY();
}

/* The number of a job that is now the caller's; beyond the last job when there is none left. */
ALWAYS_INLINE int64_t take_job(team *t, int phase)
{
    return __atomic_fetch_add(&t->next_job[phase], 1, __ATOMIC_RELAXED);
}

ALWAYS_INLINE void mark_done(int32_t *done)
{
    __atomic_store_n(done, 1, __ATOMIC_RELEASE);
}

ALWAYS_INLINE void wait_until_done(const int32_t *done)
{
    int n_waits = 0;
    while (!__atomic_load_n(done, __ATOMIC_ACQUIRE))
        wait_a_moment(&n_waits);
}

/* Wait until every thread of the team has ended this phase (counted from 0). */
static void end_phase(team *t, int phase)
{
    int n_waits = 0;
    __atomic_fetch_add(&t->n_arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&t->n_arrived, __ATOMIC_ACQUIRE) < (phase + 1) * (int64_t)t->n_threads)
        wait_a_moment(&n_waits);
}

#else

ALWAYS_INLINE int64_t take_job(team *t, int phase)
{
    return t->next_job[phase]++;
}

ALWAYS_INLINE void mark_done(int32_t *done)
{
    *done = 1;
}

ALWAYS_INLINE void wait_until_done(const int32_t *done)
{
    (void)done; /* one thread does the jobs in their order */
}

static void end_phase(team *t, int phase)
{
    (void)t;
    (void)phase;
}

#endif

typedef void team_work(team *t, void *shared);

/* Run work on up to n_threads threads that share `shared`, and return when all are done. */
static void run_team(int n_threads, team_work *work, void *shared)
{
    team t = {1, {0}, 0};
#if HAS_TEAMS
    if (n_threads > 1) {
#pragma omp parallel num_threads(n_threads)
        {
#pragma omp single
            t.n_threads = omp_get_num_threads(); /* perhaps fewer than were asked for */
            work(&t, shared);
        }
        return;
    }
#endif
    (void)n_threads;
    work(&t, shared);
}

#endif
