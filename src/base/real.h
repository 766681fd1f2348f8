/* exp and log of our own, so that every build gives the same bits: C libraries differ in the last ones. */
#ifndef DECEM_BASE_REAL_H
#define DECEM_BASE_REAL_H

/* e^x to within 1e-15 of itself, for x up to 700; 0 below -700. */
double decem_exp(double x);

/* The natural logarithm of a positive normal number, to within 1e-15 of itself or absolute near 1. */
double decem_log(double x);

#endif
