#include "base/real.h"

#include <stdint.h>
#include <string.h>

static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;

static double power_of_two(int32_t exponent) {
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its series, of which 14 terms suffice. */
double decem_exp(double x) {
    if (!(x > -700.0)) return 0.0;
    if (x > 700.0) x = 700.0;
    int32_t k = (int32_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    double r = (x - k * LN2_HIGH) - k * LN2_LOW, sum = 1.0;
    for (int32_t n = 14; n > 0; n--) sum = 1.0 + sum * r / n;
    return sum * power_of_two(k);
}

/* x = m 2^k with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh((m - 1) / (m + 1)) by its series. */
double decem_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t k = (int32_t)(bits >> 52) - 1022;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m < 0.70710678118654752) m *= 2, k--;
    double f = (m - 1) / (m + 1), square = f * f, sum = 0;
    for (int32_t n = 23; n > 0; n -= 2) sum = sum * square + 1.0 / n;
    return 2 * f * sum + k * LN2_LOW + k * LN2_HIGH;
}
