/* policy_cases.h - what rules mean, row by row, in the notation of layer_forge.h and policy_forge.h. */
#ifndef TESTS_POLICY_CASES_H
#define TESTS_POLICY_CASES_H

struct policy_case {
	const char *id;
	const char *rules;  /* each: id ":" action and the members behind it */
	const char *layers;
	const char *result; /* "!" and a piece of the error */
	const char *config, *keep, *drop;
};

#define RULE(id, action, rest)                                                                     \
	"{\"id\": \"" id "\", \"action\": \"" action "\", \"class\": \"safe\", " rest "}"
#define REMOVE(id, match, rest) RULE(id, "remove", "\"match\": [\"" match "\"]" rest)
#define KEEP(id, match)		RULE(id, "keep", "\"match\": [\"" match "\"]")

static const struct policy_case policy_cases[] = {
	/* Globs. */
	{ "below", REMOVE("a", "/x/**", ""), "f x/1,f x/y/2,f xx/3", "rm x/1 a; rm x/y/2 a" },
	{ "star", REMOVE("a", "/x/*", ""), "f x/1,f x/y/2", "rm x/1 a" },
	{ "anywhere", REMOVE("a", "**/n", ""), "f n,f x/n,f x/y/n,f x/nn", "rm n a; rm x/n a; rm x/y/n a" },
	{ "inside", REMOVE("a", "/x/**/n", ""), "f x/n,f x/y/z/n,f n", "rm x/n a; rm x/y/z/n a" },
	{ "two", REMOVE("a", "**/m/**/n", ""), "f m/n,f a/m/b/n,f m/o,f n/m", "rm a/m/b/n a; rm m/n a" },
	{ "braces", REMOVE("a", "/{x,y/z}/{1,2{a,b}}", ""), "f x/1,f y/z/2b,f y/1,f x/2",
	  "rm x/1 a; rm y/z/2b a" },
	{ "empty-brace", REMOVE("a", "/x{,.gz}", ""), "f x,f x.gz,f x.g", "rm x a; rm x.gz a" },
	{ "class", REMOVE("a", "/[a-c]x[!0-9]", ""), "f axz,f bx1,f dxz,f cx-", "rm axz a; rm cx- a" },
	{ "question", REMOVE("a", "/x?z", ""), "f xyz,f xz,f xyyz", "rm xyz a" },
	{ "stars", REMOVE("a", "/*a*b*", ""), "f xaxbx,f ab,f ba,f a", "rm ab a; rm xaxbx a" },
	{ "ends", REMOVE("a", "**/*.{js,mjs}.map", ""), "f a/b.js.map,f b.map,f c.mjs.map",
	  "rm a/b.js.map a; rm c.mjs.map a" },
	{ "case", RULE("a", "remove", "\"icase\": true, \"match\": [\"/Readme*\", \"**/TODO\"]"),
	  "f README.md,f a/todo,f readme,f read", "rm README.md a; rm a/todo a; rm readme a" },
	{ "order", REMOVE("a", "/x/**", ""), "f x/a/b,f x/a.b,f x/a-b,f x/a",
	  "!\"x/a\" is no directory" },
	{ "byte-order", REMOVE("a", "/x/**", ", \"dirs\": \"remove\""), "f x/a/b,f x/a.b,f x/a-b",
	  "rm x a; rm x/a a; rm x/a-b a; rm x/a.b a; rm x/a/b a" },
	{ "exclude", REMOVE("a", "/x/**", ", \"exclude\": [\"/x/k/**\", \"**/*.c\"]"),
	  "f x/1,f x/k/2,f x/k,f x/3.c", "!" },
	{ "exclude-2", REMOVE("a", "/x/**", ", \"exclude\": [\"/x/k/**\", \"**/*.c\"]"),
	  "f x/1,f x/k/2,f x/3.c", "rm x/1 a" },
	{ "everything", REMOVE("a", "/**", ""), "f x", "!would remove everything" },
	{ "everything-2", REMOVE("a", "/{x,**}", ""), "f x", "!would remove everything" },
	{ "everything-3", REMOVE("a", "**/*", ""), "f x", "!would remove everything" },
	{ "everything-4", REMOVE("a", "/*/**", ""), "f x", "!would remove everything" },
	/* Types and actions. */
	{ "types", REMOVE("a", "/x/**", ""), "d x/d,f x/f,s x/s >f,p x/p,c x/c r1:3,h x/h >x/f",
	  "rm x/f a; rm x/h a; rm x/s a" },
	{ "fifo", REMOVE("a", "/x/**", ", \"types\": [\"fifo\"]"), "f x/f,p x/p", "rm x/p a" },
	{ "truncate", RULE("a", "truncate", "\"match\": [\"/log/**\"]"),
	  "f log/a =text,f log/b,s log/c >a,d log/d", "empty log/a a" },
	{ "truncate-links", RULE("a", "truncate", "\"match\": [\"/log/**\"]"),
	  "f log/a =text,h log/b >log/a,f log/c =text,h x >log/c",
	  "empty log/a a; empty log/b a; kept log/c a: hard link" },
	{ "first-wins", REMOVE("a", "/x/1", "") "," REMOVE("b", "/x/**", ""), "f x/1,f x/2",
	  "rm x/1 a; rm x/2 b" },
	{ "disabled", REMOVE("a", "/x", ", \"enabled\": false") "," REMOVE("b", "/x", ""), "f x", "rm x b" },
	/* Ranks. */
	{ "keep", REMOVE("a", "/x/**", "") "," KEEP("k", "/x/1"), "f x/1,f x/2",
	  "rm x/2 a; kept x/1 a: k" },
	{ "keep-builtin", REMOVE("a", "/etc/**", ""), "f etc/passwd,f etc/x",
	  "rm etc/x a; kept etc/passwd a: keep.accounts" },
	{ "lift", KEEP("k", "/x/**") "," REMOVE("a", "/x/1", ", \"overrides_keep\": [\"k\"]"), "f x/1,f x/2",
	  "rm x/1 a" },
	{ "lift-other", KEEP("k", "/x/**") "," KEEP("l", "/x/1") ","
	  REMOVE("a", "/x/*", ", \"overrides_keep\": [\"k\"]"), "f x/1,f x/2", "rm x/2 a; kept x/1 a: l" },
	{ "next-rule", KEEP("k", "/x/**") "," REMOVE("a", "/x/*", "") ","
	  REMOVE("b", "/x/1", ", \"overrides_keep\": [\"k\"]"), "f x/1,f x/2", "rm x/1 b; kept x/2 a: k" },
	{ "keep-option", KEEP("k", "/x/**") "," REMOVE("a", "/x/*", ", \"overrides_keep\": [\"k\"]"),
	  "f x/1,f x/2", "rm x/2 a; kept x/1 a: --keep /x/1", .keep = "/x/1" },
	{ "drop-option", KEEP("k", "/x/k"), "f x/k,f x/2,f x/d/3,d x/e",
	  "rm x/2 --drop /x; rm x/d --drop /x; rm x/d/3 --drop /x; rm x/e --drop /x; kept x/k --drop /x: k",
	  .drop = "/x" },
	{ "drop-first", REMOVE("a", "/x", ""), "f x", "rm x --drop /x", .drop = "/x" },
	{ "keep-over-drop", REMOVE("a", "/y", ""), "f x/1", "kept x/1 --drop /x/1: --keep /x",
	  .keep = "/x", .drop = "/x/1" },
	/* Directories. */
	{ "dirs-keep", REMOVE("a", "/x/**", ""), "d x,d x/y,f x/y/1", "rm x/y/1 a" },
	{ "dirs-prune", REMOVE("a", "/x/**", ", \"dirs\": \"prune-empty\""), "f x/y/z/1,d x/e,f x/k/2",
	  "rm x/k a; rm x/k/2 a; rm x/y a; rm x/y/z a; rm x/y/z/1 a" },
	{ "dirs-prune-top", REMOVE("a", "/c/x/**", ", \"dirs\": \"prune-empty\""), "f c/x/1",
	  "rm c/x a; rm c/x/1 a" },
	{ "dirs-remove", REMOVE("a", "/x/**", ", \"dirs\": \"remove\""), "d x/e/f,f x/1,f x/k/2",
	  "rm x a; rm x/1 a; rm x/e a; rm x/e/f a; rm x/k a; rm x/k/2 a" },
	{ "dirs-exclude", REMOVE("a", "/x/**", ", \"dirs\": \"remove\", \"exclude\": [\"/x/k\", \"/x\"]"),
	  "f x/k/1,f x/l/1", "rm x/k/1 a; rm x/l a; rm x/l/1 a" },
	{ "dirs-occupied", REMOVE("a", "/x/**/*.o", ", \"dirs\": \"remove\""), "f x/1.o,f x/2.c,f x/y/3.o",
	  "rm x/1.o a; rm x/y a; rm x/y/3.o a" },
	{ "dirs-kept", REMOVE("a", "/x/**", ", \"dirs\": \"remove\"") "," KEEP("k", "/x/k"),
	  "d x/k,f x/k/1", "rm x/k/1 a" },
	{ "dirs-workdir", REMOVE("a", "/x/**", ", \"dirs\": \"remove\""), "d x/w,f x/1", "rm x/1 a",
	  .config = "{\"WorkingDir\": \"/x/w\"}" },
	/* Symlinks that would dangle. */
	{ "dangling", REMOVE("a", "/x/**", ""), "f x/1,f x/2,s l >x/1", "rm x/2 a; kept x/1 a: symlink" },
	{ "dangling-chain", REMOVE("a", "/x/**", ""), "f x/1,s x/m >1,s l >/x/m",
	  "kept x/1 a: symlink; kept x/m a: symlink" },
	{ "dangling-was", REMOVE("a", "/x/**", ""), "f x/1,s l >/x/none", "rm x/1 a" },
	{ "dangling-gone", REMOVE("a", "/x/**", ""), "f x/1,s x/l >1", "rm x/1 a; rm x/l a" },
	{ "dangling-loop", REMOVE("a", "/x/**", ""), "f x/1,s l >m,s m >l", "rm x/1 a" },
	{ "dangling-ignore", REMOVE("a", "/x/**", ", \"on_dangling\": \"ignore\""), "f x/1,s l >x/1",
	  "rm x/1 a" },
	{ "dangling-prune", REMOVE("a", "/x/**", ", \"on_dangling\": \"prune-link\""),
	  "f x/1,s l >x/1,s m >l,s n >none", "rm l a; rm m a; rm x/1 a" },
	{ "dangling-prune-kept", REMOVE("a", "/x/**", ", \"on_dangling\": \"prune-link\"") ","
	  KEEP("k", "/m"), "f x/1,s l >x/1,s m >l", "kept x/1 a: symlink" },
	{ "dangling-dir", REMOVE("a", "/x/**", ", \"dirs\": \"remove\""), "f x/y/1,f x/z/2,s l >x/y",
	  "rm x/z a; rm x/z/2 a; kept x/y/1 a: symlink" },
	{ "dangling-dir-stays", REMOVE("a", "/x/**", ""), "f x/y/1,s l >x/y", "rm x/y/1 a" },
	{ "dangling-dots", REMOVE("a", "/x/**", ""), "f x/1,s d/e/l >../../x/1", "kept x/1 a: symlink" },
	/* Other ways to the same name. */
	{ "usrmerge", REMOVE("a", "/lib/m/**", ""), "d usr/lib,s lib >usr/lib,f usr/lib/m/1", "rm usr/lib/m/1 a" },
	{ "usrmerge-back", REMOVE("a", "/usr/lib/m/*", ""), "s usr/lib >../lib,f lib/m/1", "rm lib/m/1 a" },
	{ "usrmerge-keep", REMOVE("a", "/usr/lib/**", "") "," KEEP("k", "/lib/x"),
	  "s lib >usr/lib,f usr/lib/x,f usr/lib/y", "rm usr/lib/y a; kept usr/lib/x a: k" },
	{ "alias-chain", REMOVE("a", "/a/b/c", ""), "s a >q,s q/b >/r,f r/c", "rm r/c a" },
	{ "alias-wild", REMOVE("a", "/a/*/c", ""), "s a/b >/r,f r/c", "" },
	{ "alias-root", REMOVE("a", "/a/**", ""), "s a >/,f r/c", "" },
	{ "alias-last", REMOVE("a", "/a/b", ""), "s a/b >c,f a/c", "rm a/b a" },
	/* What the config needs. */
	{ "argv0", REMOVE("a", "/bin/**", ""), "f bin/app,f bin/other", "rm bin/other a; kept bin/app a: needed",
	  .config = "{\"Entrypoint\": [\"/bin/app\"]}" },
	{ "path", REMOVE("a", "/{usr,opt}/**", ""), "f opt/b/app,f usr/bin/app,f usr/bin/sh",
	  "rm usr/bin/app a; rm usr/bin/sh a; kept opt/b/app a: needed",
	  .config = "{\"Cmd\": [\"app\"], \"Env\": [\"PATH=/opt/b\"]}" },
	{ "path-default", REMOVE("a", "/usr/**", ""), "f usr/bin/app,f usr/x/app",
	  "rm usr/x/app a; kept usr/bin/app a: needed", .config = "{\"Cmd\": [\"app\"]}" },
	{ "links-to-argv0", REMOVE("a", "/usr/**", ""),
	  "s bin >usr/bin,s usr/bin/app >/usr/x/real,f usr/x/real,f usr/x/2",
	  "rm usr/x/2 a; kept usr/bin/app a: needed; kept usr/x/real a: needed",
	  .config = "{\"Cmd\": [\"/bin/app\"]}" },
	{ "script", REMOVE("a", "/bin/**", ""), "f bin/app =#!/bin/sh,f bin/sh,f bin/x",
	  "rm bin/x a; kept bin/app a: needed; kept bin/sh a: needed",
	  .config = "{\"Entrypoint\": [\"/bin/app\"]}" },
	{ "shell-form", REMOVE("a", "/{bin,srv}/**", ""), "f bin/sh,f bin/node,f srv/a.js,f srv/b.js",
	  "rm srv/b.js a; kept bin/node a: needed; kept bin/sh a: needed; kept srv/a.js a: needed",
	  .config = "{\"Cmd\": [\"/bin/sh\", \"-c\", \"exec node /srv/a.js --x\"]}" },
	{ "relative", REMOVE("a", "/root/**", ""), "f root/a.js,f root/b.js",
	  "rm root/b.js a; kept root/a.js a: needed",
	  .config = "{\"Cmd\": [\"node\", \"a.js\"], \"WorkingDir\": \"/root\"}" },
	{ "option-value", REMOVE("a", "/etc/x/**", ""), "f etc/x/a,f etc/x/b,f etc/x/c",
	  "rm etc/x/c a; kept etc/x/a a: needed; kept etc/x/b a: needed",
	  .config = "{\"Cmd\": [\"app\", \"--file=/etc/x/a\", \"-f/etc/x/b\"]}" },
	{ "env", REMOVE("a", "/x/**", ""), "f x/a,f x/b,f x/c", "rm x/c a; kept x/a a: needed; kept x/b a: needed",
	  .config = "{\"Env\": [\"A=/x/a:/x/b\"]}" },
	{ "env-dir", REMOVE("a", "/{x,tmp}/**", ", \"dirs\": \"remove\""), "f x/d/1,f tmp/d/2",
	  "rm x/d/1 a; kept tmp/d/2 a: needed", .config = "{\"Env\": [\"A=/x/d\", \"B=/tmp/d\"]}" },
	{ "workdir", REMOVE("a", "/{srv,root}/**", ""), "f srv/w/1,f srv/2", "rm srv/2 a; kept srv/w/1 a: needed",
	  .config = "{\"WorkingDir\": \"/srv/w\"}" },
	{ "workdir-home", REMOVE("a", "/root/**", ""), "f root/1", "rm root/1 a",
	  .config = "{\"WorkingDir\": \"/root\"}" },
	{ "volume", REMOVE("a", "/data/**", ""), "f data/v/1,f data/2", "rm data/2 a; kept data/v/1 a: needed",
	  .config = "{\"Volumes\": {\"/data/v\": {}}}" },
	{ "healthcheck", REMOVE("a", "/bin/*", ""), "f bin/curl,f bin/sh,f bin/x",
	  "rm bin/x a; kept bin/curl a: needed; kept bin/sh a: needed",
	  .config = "{\"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"curl -f http://localhost/ || exit 1\"]}}" },
	{ "needed-over-lift", RULE("a", "remove", "\"match\": [\"/etc/passwd\", \"/etc/group\"], "
	  "\"overrides_keep\": [\"keep.accounts\"]"), "f etc/passwd,f etc/group",
	  "kept etc/group a: needed; kept etc/passwd a: needed", .config = "{\"User\": \"www-data\"}" },
};

#endif
