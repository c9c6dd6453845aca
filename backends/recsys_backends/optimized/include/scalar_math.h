/* exp and ln of our own, in double precision: libm's differ in the last bit from one machine (and
 * one instruction set) to the next, and these must not. Only +, -, *, / and bit operations, which
 * IEEE 754 fixes; compile with -ffp-contract=off. */
#ifndef RECSYS_SCALAR_MATH_H
#define RECSYS_SCALAR_MATH_H

#include <float.h>
#include <string.h>

#include "portability.h"

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "this compiler keeps more bits than a double has; with GCC on i386, add -msse2 -mfpmath=sse"
#endif

#define LN2 6.93147180559945309417e-01
#define LN2_HIGH 6.93147180369123816490e-01 /* upper 32 bits of ln 2 */
#define LN2_LOW 1.90821492927058770002e-10  /* the rest */

#define TO_INTEGER 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer */

/* 2^(k/32), correctly rounded. */
static const double TWO_TO_32NDS[32] = {
    1.0, 1.0218971486541166, 1.0442737824274138, 1.0671404006768237,
    1.0905077326652577, 1.1143867425958924, 1.1387886347566916, 1.1637248587775775,
    1.189207115002721, 1.215247359980469, 1.241857812073484, 1.2690509571917332,
    1.2968395546510096, 1.3252366431597413, 1.3542555469368927, 1.383909881963832,
    1.4142135623730951, 1.4451808069770467, 1.4768261459394993, 1.5091644275934228,
    1.5422108254079407, 1.5759808451078865, 1.6104903319492543, 1.645755478153965,
    1.681792830507429, 1.718619298122478, 1.7562521603732995, 1.7947090750031072,
    1.8340080864093424, 1.8741676341103, 1.9152065613971474, 1.9571441241754002,
};

/* e^x for |x| <= 500, relative error below 1e-11.
 * x = n ln 2 / 32 + r with |r| <= ln 2 / 64. The upper bits of n go into the exponent, the lower
 * five into the table, and e^r is four terms of its series: a short chain, because every triple
 * waits for it. */
ALWAYS_INLINE double exp_bounded(double x)
{
    double shifted = x * (32 * 1.4426950408889634074) + TO_INTEGER;
    double r = x - (shifted - TO_INTEGER) * (LN2 / 32);
    double tail = r + (r * r) * (0.5 + r * (1.0 / 6 + r * (1.0 / 24)));
    uint64_t n, bits;
    memcpy(&n, &shifted, sizeof n);
    memcpy(&bits, &TWO_TO_32NDS[n & 31], sizeof bits);
    bits += n >> 5 << 52; /* modulo 2^64, so a negative n is as good as any */
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale + scale * tail;
}

/* ln x for a normal x > 0, absolute error below 1e-15 |ln x| + 1e-16.
 * x = 2^n m with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)) by its series. */
ALWAYS_INLINE double log_normal(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t n = (int64_t)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(0x3FF0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        n += 1;
    }
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double series = 1.0 / 19;
    series = series * s2 + 1.0 / 17;
    series = series * s2 + 1.0 / 15;
    series = series * s2 + 1.0 / 13;
    series = series * s2 + 1.0 / 11;
    series = series * s2 + 1.0 / 9;
    series = series * s2 + 1.0 / 7;
    series = series * s2 + 1.0 / 5;
    series = series * s2 + 1.0 / 3;
    series = series * s2 + 1.0;
    return (double)n * LN2_HIGH + ((double)n * LN2_LOW + 2.0 * s * series);
}

#endif
