/* Many draws of one stream at once, once for each instruction set: nothing but 64-bit integers, so
 * every build draws the same ones. out[k] is draw first + k * step, scaled to [0, bound + k * growth). */

static TARGET void LANES(draw_many)(uint32_t *out, int64_t n, uint64_t key, uint64_t first,
                                    uint64_t step, uint64_t bound, uint64_t growth)
{
    for (int64_t k = 0; k < n; k++)
        out[k] = (uint32_t)bounded(key, first + (uint64_t)k * step, bound + (uint64_t)k * growth);
}
