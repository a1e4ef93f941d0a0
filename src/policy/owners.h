/* owners.h - readers of package databases. */
#ifndef POLICY_OWNERS_H
#define POLICY_OWNERS_H

#include "facts.h"

/* owners_rpm.c: mark the files that the packages of an rpmdb.sqlite list.  False when it cannot be
 * read as one. */
bool owners_read_rpm(struct facts *facts, path_id database);

/* One package: the header of an rpm as its database has it. */
bool owners_read_rpm_header(struct facts *facts, const unsigned char *bytes, size_t len);

#endif
