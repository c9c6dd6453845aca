/* Which triples of a plan may go side by side? */
#ifndef RECSYS_BPR_APART_H
#define RECSYS_BPR_APART_H

#include "bpr_model.h"
#include "fours.h"

#if HAS_VECTOR_TYPES

/* Do the triples t .. t + 3 share no row, and have a negative each? */
ALWAYS_INLINE int four_are_apart(const plan_view *plan, int64_t t)
{
    four_ids u = load_ids(plan->users + t), i = load_ids(plan->positives + t),
             j = load_ids(plan->negatives + t);
    four_ids clash = j < 0;
#define TURNED(ids, by) SHUFFLED(ids, ids, by, (by + 1) % 4, (by + 2) % 4, (by + 3) % 4)
    clash |= (u == TURNED(u, 1)) | (i == TURNED(i, 1)) | (j == TURNED(j, 1)) | (i == TURNED(j, 1));
    clash |= (u == TURNED(u, 2)) | (i == TURNED(i, 2)) | (j == TURNED(j, 2)) | (i == TURNED(j, 2));
    clash |= i == TURNED(j, 3);
#undef TURNED
    return !any_id(clash);
}

#endif
#endif
