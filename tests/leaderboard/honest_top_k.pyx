# cython: boundscheck=False, wraparound=False
import numpy as np
from libc.math cimport INFINITY
from recsys_backends.protocol import TopK


def top_k(const float[:, ::1] p, const float[:, ::1] q, b, const long long[::1] starts,
          const int[::1] seen, *, long long k, n_threads=1):
    cdef long long n = p.shape[0], m = q.shape[0], d = p.shape[1], u, i, f, place, at, n_best
    cdef float score
    items, scores = np.full((n, k), -1, np.int32), np.full((n, k), -np.inf, np.float32)
    cdef int[:, ::1] best = items
    cdef float[:, ::1] best_scores = scores
    cdef const float[::1] biases = b if b is not None else np.zeros(m, np.float32)
    with nogil:
        for u in range(n):
            at, n_best = starts[u], 0
            for i in range(m):
                if at < starts[u + 1] and seen[at] == i:
                    at += 1
                    continue
                score = 0
                for f in range(d):
                    score += p[u, f] * q[i, f]
                score += biases[i]
                if not score > -INFINITY or (n_best == k and not score > best_scores[u, k - 1]):
                    continue
                place = n_best if n_best < k else k - 1
                while place > 0 and best_scores[u, place - 1] < score:
                    best[u, place] = best[u, place - 1]
                    best_scores[u, place] = best_scores[u, place - 1]
                    place -= 1
                best[u, place] = <int>i
                best_scores[u, place] = score
                n_best = min(n_best + 1, k)
    return TopK(items, scores)
