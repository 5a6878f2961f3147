/* Files that are part of the program: the page and the description of the API. Made from lib/serve/page/ when the
 * program is built.
 */
#ifndef TT_SERVE_ASSETS_H
#define TT_SERVE_ASSETS_H

#include <stddef.h>

struct tt_asset {
    const char *content_type;
    const char *text; /* len bytes and a NUL */
    size_t len;
};

extern const struct tt_asset tt_asset_page, tt_asset_style, tt_asset_script, tt_asset_openapi;

#endif
