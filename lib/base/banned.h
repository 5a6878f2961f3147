/* Functions that fail to compile, included before every file: each has a strict or bounded counterpart here. */
#ifndef TT_BASE_BANNED_H
#define TT_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison atoi atol atoll atof gets sprintf vsprintf strcat strncat rand srand strtok gmtime localtime asctime
#pragma GCC poison ctime

#endif
