/* sbom.h - what lists of the contents of an image name and what is gone: an SBOM that lies in the
 * image goes on naming it, and a scanner that looks at files finds less. */
#ifndef POLICY_SBOM_H
#define POLICY_SBOM_H

#include "tree/merged_tree.h"
#include "util/context.h"

/* A file that a list names and that is gone. */
struct sbom_entry {
	path_id list; /* the SBOM */
	path_id path;
	char *component; /* what it belongs to there; "" when that is not told */
};

struct sbom_findings {
	struct VEC(struct sbom_entry) gone; /* by list, then by place in it; each path once */
	uint64_t lists;			    /* SBOMs that were read */
	uint64_t packages; /* names that are gone and that scanners take for a package each */
};

/* `gone`: by path_id, what leaves the tree, which still has it or has it no more.  Lists are SPDX
 * (JSON and tag-value) and CycloneDX (JSON); what cannot be read as such is none. */
void sbom_find(const struct merged_tree *tree, const uint8_t *gone, const struct context *context,
	       struct sbom_findings *out);
void sbom_findings_release(struct sbom_findings *findings);

DEFINE_CLEANUP(sbom_findings, sbom_findings_release);

#endif
