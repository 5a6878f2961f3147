/* Included before every file: a call of one of these functions does not compile. Each has a strict or bounded
 * counterpart, in the C library or in lib/base. */
#ifndef TT_BASE_BANNED_H
#define TT_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison atoi atol atoll atof gets sprintf vsprintf strcat strncat rand srand strtok gmtime localtime asctime
#pragma GCC poison ctime

#endif
