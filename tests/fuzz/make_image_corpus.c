// SPDX-License-Identifier: MIT
// Writes the seeds of the image fuzzer into a folder: small images built in memory.
//     make_image_corpus FOLDER
#include "support/synthetic.h"

static void write_seed(const char *folder, const char *name, const uint8_t *bytes, size_t size) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.image", folder, name);
    syn_write_file(path, bytes, size);
}

// The image as it is, behind a prefix, with a forwarder, and cut short.
int main(int argc, char **argv) {
    if (argc != 2) return 2;
    Synthetic *s = malloc(sizeof *s);
    size_t size;
    syn_build(s, 0x10000000);
    uint8_t *bytes = syn_file(s, &size);
    write_seed(argv[1], "plain", bytes, size);
    write_seed(argv[1], "short", bytes, size / 2);
    uint8_t *prefixed = calloc(1, size + IMAGE_PREFIX_BYTES);
    memcpy(prefixed + IMAGE_PREFIX_BYTES, bytes, size);
    write_seed(argv[1], "prefix", prefixed, size + IMAGE_PREFIX_BYTES);
    free(prefixed);
    free(bytes);
    uint64_t forwarder = syn_object(s, CLASS_INDEX_FORWARDER, FORMAT_FORWARDER, 1);
    syn_put(s, forwarder, 0, s->bytes);
    syn_put(s, s->point, POINT_X, forwarder);
    bytes = syn_file(s, &size);
    write_seed(argv[1], "forwarder", bytes, size);
    free(bytes);
    free(s);
    return 0;
}
