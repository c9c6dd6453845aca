/* A fixed number of lanes: how sums keep one order on every processor.
 *
 * A dot product is always summed in 16 lanes (lane l takes the elements l, l + 16, l + 32, …), and
 * the lanes are always added in one tree: l with l + 8, then + 4, + 2, + 1. A register of 16, 8, 4
 * or 1 floats does that in one, two, four or sixteen pieces, with the same bytes as the answer.
 *
 * Include this file once for each instruction set, with LANE_WIDTH set to the register's width and
 * LANES(name) to a name of its own. */

#ifndef RECSYS_LANES_H
#define RECSYS_LANES_H
#define N_LANES 16
#endif

#define N_PIECES (N_LANES / LANE_WIDTH)
#define piece LANES(piece_of_lanes)
#define add_lanes LANES(add_lanes)

#if LANE_WIDTH == 1
typedef float piece;
#define load_piece(from) (*(from))
#define store_piece(to, value) (*(to) = (value))
#define broadcast(x) (x)
#else
typedef float piece __attribute__((vector_size(LANE_WIDTH * 4)));
typedef float LANES(piece_in_memory)
    __attribute__((vector_size(LANE_WIDTH * 4), aligned(4), may_alias));
#define load_piece(from) ((piece)(*(const LANES(piece_in_memory) *)(from)))
#define store_piece(to, value) \
    (*(LANES(piece_in_memory) *)(to) = (LANES(piece_in_memory))(value))
#define broadcast(x) ((piece){0} + (x))
#endif

/* The tree over 16 lanes in memory. */
ALWAYS_INLINE float add_lanes(const float *lane)
{
    float four[4];
    for (int l = 0; l < 4; l++)
        four[l] = (lane[l] + lane[l + 8]) + (lane[l + 4] + lane[l + 12]);
    return (four[0] + four[2]) + (four[1] + four[3]);
}
