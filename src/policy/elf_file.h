/* elf_file.h - what an ELF file asks the dynamic linker for, read without trust. */
#ifndef POLICY_ELF_FILE_H
#define POLICY_ELF_FILE_H

#include <stdbool.h>

#include "glob.h"
#include "io/range.h"
#include "util/strbuf.h"

#define ELF_RELOCATABLE 1u /* e_type of .o files */
#define ELF_CORE	4u

struct elf_file {
	unsigned type, machine; /* e_type, e_machine */
	char *interpreter;	/* PT_INTERP, or NULL */
	struct text_set needed; /* DT_NEEDED */
	struct text_set search; /* DT_RPATH and DT_RUNPATH as they stand */
};

/* e_type and e_machine from the first bytes of a file; false when it is no ELF file. */
bool elf_identify(const unsigned char *head, size_t len, unsigned *type, unsigned *machine);

/* False when the body is no ELF file; what of it is damaged is left out. */
bool elf_read(const struct range *body, struct elf_file *out);
void elf_release(struct elf_file *file);

/* Names and paths of /etc/ld.so.cache. */
struct ld_cache_entry {
	const char *name, *path; /* point into the text */
};

struct ld_cache {
	struct strbuf text;
	struct VEC(struct ld_cache_entry) entries;
};

/* Takes the bytes of the file over.  False, and no entries, when they are no such cache. */
bool ld_cache_parse(struct ld_cache *cache, struct strbuf *bytes);
void ld_cache_release(struct ld_cache *cache);

DEFINE_CLEANUP(elf_file, elf_release);
DEFINE_CLEANUP(ld_cache, ld_cache_release);

#endif
