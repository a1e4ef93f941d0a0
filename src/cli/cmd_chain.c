/* cmd_chain.c - lighten chain: what a receiver has, as a list for --have on another machine. */
#include <errno.h>
#include <string.h>

#include "cli/session.h"
#include "commands.h"
#include "image/chain_ids.h"

static const struct option_row rows[] = { SESSION_OPTION_ROWS, { .name = NULL } };

static const struct option_row *options(void)
{
	return rows;
}

static int print(const struct image_set *images, struct error *err)
{
	for (size_t i = 0; i < images->image_count; i++) {
		AUTO(chain_ids) ids = { .list = VEC_INIT };
		char text[DIGEST_TEXT_SIZE];

		chain_ids_add_image(&ids, &images->images[i]);
		printf("# %s\n", image_name(&images->images[i]));
		vec_foreach (id, &ids.list) {
			digest_text(id, text);
			printf("%s\n", text);
		}
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set_errno(err, errno, "cannot write to standard output");
	return 0;
}

static int chain(const char *path, struct error *err)
{
	AUTO(session) session;
	AUTO(input) input = { .fd = -1 };
	AUTO_PTR(image_set) images = NULL;

	session_init(&session);
	if (input_open(&input, path, &session.context, err) < 0)
		return -1;
	/* A thin archive has a chain, too. */
	input.names_only = true;
	images = image_set_load(&input, &session.context, err);
	session_quiet(&session);
	return images ? print(images, err) : -1;
}

static int run_chain(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count != 1)
		rc = error_set(err, ERR_USAGE, "one archive is needed: lighten chain INPUT");
	if (!rc)
		rc = chain(operands.items[0], err);
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_chain = {
	.name = "chain",
	.summary = "list chain_ids, for --have on another machine",
	.operands = "INPUT",
	.details =
		"Prints the chain_id of every layer of every image in the archive, bottom first.\n"
		"With such a list of what a receiver has, lighten --have LIST makes an archive "
		"that\n"
		"leaves those layers out.",
	.run = run_chain,
	.options = options,
};
