/* fuzz_policy.c - policies from any bytes, applied to an image; and the readers of ELF files and
 * linker caches.
 *
 * Input: byte 0 chooses: 'E' an ELF file, 'C' a linker cache, 'H' the header of an rpm package,
 * 'S' a list of contents, anything else a policy file as it stands.  A policy that loads must
 * decide, scan and explain without a fault, and must leave alone what the config needs. */
#include "../unit/policy_forge.h"
#include "fuzz_common.h"
#include "policy/elf_file.h"
#include "policy/owners.h"
#include "policy/persist.h"
#include "policy/sbom.h"
#include "policy/scan.h"

static const char layers[] =
	"d a,f a/core =\177ELF,f a/x.pyc =x,f a/x.py =x,s a/l >../b/y,f b/y =text,f b/z =text,"
	"f etc/passwd =root:x:0:0,f etc/os-release =ID=debian,f var/log/x.log =line,h var/log/y "
	">b/z,"
	"f tmp/t =x,d tmp/e,f usr/bin/app =#!/bin/sh,f usr/bin/sh =x,s bin >usr/bin,p run/p,"
	"f app/node_modules/m/package.json ={},f app/node_modules/m/test/t.js =x,"
	"f usr/lib/python3/site-packages/p/tests/test_x.py =x,f var/lib/dpkg/status =x,"
	"f var/lib/dpkg/info/x.list =/tmp/t | f .wh.tmp,f b/y =other,c dev/c r1:3";

static const char config[] = "{\"Entrypoint\": [\"app\"], \"Cmd\": [\"sh\", \"/b/y\"], "
			     "\"Env\": [\"LANG=de_DE.UTF-8\", \"PASSWORD=geheimes\"], "
			     "\"WorkingDir\": \"/a\", \"User\": \"x\"}";

static void check_decisions(const struct judged *judged)
{
	AUTO(strbuf) last = STRBUF_INIT;

	vec_foreach (row, &judged->decisions.list) {
		AUTO(strbuf) path = STRBUF_INIT;
		paths_append(judged->stack.names->paths, row->path, &path);
		must(row->rule < policy_rule_count(judged->policy));
		must(row->action == POLICY_REMOVE || row->action == POLICY_TRUNCATE);
		must(strcmp(path.data, "usr/bin/app") && strcmp(path.data, "usr/bin/sh"));
		must(strcmp(path.data, "bin") && strcmp(path.data, "b/y") &&
		     strcmp(path.data, "usr"));
		must(!last.data || strcmp(last.data, path.data) < 0);
		strbuf_clear(&last);
		strbuf_addstr(&last, path.data);
	}
}

/* As if every rule had taken something. */
static void try_persist(const struct policy *policy)
{
	struct policy_persist_list files = VEC_INIT;
	AUTO_FREE bool *took = xcalloc(policy_rule_count(policy) + (size_t)1, sizeof(bool));
	AUTO(strbuf) text = STRBUF_INIT;

	for (uint32_t i = 0; i < policy_rule_count(policy); i++)
		took[i] = true;
	policy_persist_files(policy, &files);
	vec_foreach (file, &files)
		policy_persist_text(policy, took, file, &text);
	vec_release(&files);
}

static void try_policy(const uint8_t *data, size_t size)
{
	AUTO_FD fd = forge_file(data, size).fd;
	AUTO_FREE char *file = xasprintf("/proc/self/fd/%d", fd);
	AUTO(error) err = ERROR_INIT;
	AUTO(judged) judged;
	AUTO(policy_leaks) leaks = { .list = VEC_INIT };
	AUTO(strbuf) text = STRBUF_INIT;
	struct policy *policy = forge_policy(file, NULL, NULL, NULL, &err);

	must((policy == NULL) == (err.code != ERR_NONE));
	memset(&judged, 0, sizeof(judged));
	if (!policy)
		return;
	must(judge_text(&judged, policy, layers, config) == 0);
	check_decisions(&judged);
	must(policy_scan(policy, &judged.stack.images[0], 0, judged.tree, &judged.stack.context,
			 &leaks, &judged.err) == 0);
	must(policy_explain(policy, &judged.stack.images[0], judged.tree, &judged.stack.context,
			    "/a/x.pyc", &text, &judged.err) == 0);
	policy_show(policy, &text);
	try_persist(policy);
}

static void try_elf(const uint8_t *data, size_t size)
{
	AUTO(elf_file) elf = { .interpreter = NULL };
	struct range file = forge_file(data, size);

	elf_read(&file, &elf);
	close(file.fd);
}

static void try_cache(const uint8_t *data, size_t size)
{
	AUTO(ld_cache) cache = { .text = STRBUF_INIT };
	AUTO(strbuf) bytes = STRBUF_INIT;

	strbuf_add(&bytes, data, size);
	ld_cache_parse(&cache, &bytes);
	vec_foreach (entry, &cache.entries)
		must(strlen(entry->name) > 0 && strlen(entry->path) > 0);
}

/* An image with a file of these bytes. */
static void judge_file(struct judged *judged, const char *name, const uint8_t *data, size_t size)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) tar = STRBUF_INIT;

	memset(judged, 0, sizeof(*judged));
	judged->policy = forge_policy("none", NULL, NULL, NULL, &err);
	stack_init(&judged->stack, NULL);
	forge_layer(&tar, layers);
	forge_block(&tar, forged(name, '0', size));
	forge_body(&tar, data, size);
	forge_end(&tar);
	stack_add_image(&judged->stack);
	stack_add_layer(&judged->stack, tar.data, tar.len);
	must(judge_stack(judged, NULL) == 0);
}

static void try_header(const uint8_t *data, size_t size)
{
	AUTO(judged) judged;
	AUTO(facts) facts;

	judge_file(&judged, "x", data, 0);
	facts_init(&facts, judged.policy, &judged.stack.images[0], judged.tree,
		   &judged.stack.context);
	owners_read_rpm_header(&facts, data, size);
}

static void try_list(const uint8_t *data, size_t size)
{
	AUTO(judged) judged;
	AUTO(sbom_findings) found = { .lists = 0 };

	judge_file(&judged, "x.spdx.json", data, size);
	uint32_t count = paths_count(judged.stack.names->paths);
	AUTO_FREE uint8_t *gone = xcalloc(count + (size_t)1, 1);
	/* All but the list itself, which has the last number. */
	memset(gone, 1, count - 1);
	sbom_find(judged.tree, gone, &judged.stack.context, &found);
	must(found.gone.count <= count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 'E')
		try_elf(data + 1, size - 1);
	else if (size && data[0] == 'C')
		try_cache(data + 1, size - 1);
	else if (size && data[0] == 'H')
		try_header(data + 1, size - 1);
	else if (size && data[0] == 'S')
		try_list(data + 1, size - 1);
	else
		try_policy(data, size);
	return 0;
}
