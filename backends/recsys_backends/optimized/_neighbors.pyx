"""The search behind item_similarity; see include/neighbors.h."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from "neighbors.h":
    ctypedef struct neighbor_row:
        int32_t *items
        int64_t n
    ctypedef struct neighbor_search:
        const int64_t *indptr
        const int32_t *indices
        int64_t n_users, n_items, k
        double shrinkage
    int begin_search(neighbor_search *search) nogil
    void free_search(neighbor_search *search) nogil
    int find_neighbors(const neighbor_search *search, int64_t first, int64_t stop, int n_threads,
                       neighbor_row *rows) nogil


cdef class Rows:
    """The neighbours of each item, until their numbers are known and arrays can be made."""

    cdef neighbor_row *rows
    cdef neighbor_search search
    cdef int64_t n_items
    cdef object arrays

    def __cinit__(self, const int64_t[::1] indptr, const int32_t[::1] indices, int64_t n_items,
                  int64_t k, double shrinkage):
        cdef int status = -1
        self.arrays = (indptr, indices)  # which live as long as the search
        self.n_items = n_items
        self.search.indptr = &indptr[0]
        self.search.indices = &indices[0] if indices.shape[0] > 0 else NULL
        self.search.n_users = indptr.shape[0] - 1
        self.search.n_items = n_items
        self.search.k = k
        self.search.shrinkage = shrinkage
        self.rows = <neighbor_row *>calloc(n_items, sizeof(neighbor_row))
        if self.rows != NULL:
            with nogil:
                status = begin_search(&self.search)
        if status != 0:
            raise MemoryError("out of memory while looking for neighbours")

    def __dealloc__(self):
        if self.rows != NULL:
            for i in range(self.n_items):
                free(self.rows[i].items)
        free(self.rows)
        free_search(&self.search)

    def find(self, int64_t first, int64_t stop, int n_threads):
        """Find the neighbours of the items from first to stop, 0 <= first <= stop <= n_items."""
        cdef int status
        with nogil:
            status = find_neighbors(&self.search, first, stop, n_threads, self.rows)
        if status != 0:
            raise MemoryError("out of memory while looking for neighbours")

    def fill_indptr(self, int64_t[::1] indptr):
        """Write where each row starts, n_items + 1 entries."""
        cdef int64_t i
        indptr[0] = 0
        for i in range(self.n_items):
            indptr[i + 1] = indptr[i] + self.rows[i].n

    def fill(self, int32_t[::1] indices, float[::1] values):
        """Write the rows one after another, as many entries as indptr ends with."""
        cdef int64_t i, start = 0, n
        for i in range(self.n_items):
            n = self.rows[i].n
            if n > 0:
                memcpy(&indices[start], self.rows[i].items, n * sizeof(int32_t))
                memcpy(&values[start], self.rows[i].items + n, n * sizeof(float))
            start += n
