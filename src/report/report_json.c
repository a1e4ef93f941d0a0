/* report_json.c - the report for machines, as report.schema.json describes it; the number grows
 * when a member leaves or changes its meaning. */
#include <jansson.h>

#include "report/report.h"

#define REPORT_SCHEMA 1

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *step(const struct report_step *step)
{
	if (step->layer == UINT32_MAX)
		return json_null();
	return json_pack("{s:i, s:i, s:s}", "layer", (int)step->layer, "step", (int)step->step,
			 "instruction", step->instruction);
}

static json_t *pair_of(uint64_t before, uint64_t after, bool dry_run)
{
	return json_pack("{s:o, s:o}", "before", count(before), "after",
			 dry_run ? json_null() : count(after));
}

static json_t *files_of(const struct report_path *list, size_t total)
{
	json_t *files = json_array();

	for (size_t i = 0; i < total; i++)
		json_array_append_new(files, json_pack("{s:s, s:o, s:o, s:o}", "path", list[i].path,
						       "bytes", count(list[i].bytes), "added",
						       step(&list[i].added),
						       list[i].rule ? "rule" : "hiddenBy",
						       list[i].rule ? json_string(list[i].rule)
								    : step(&list[i].killer)));
	return files;
}

static json_t *dead(const struct report *report)
{
	json_t *pairs = json_array();

	vec_foreach (pair, &report->pairs)
		json_array_append_new(
			pairs, json_pack("{s:o, s:o, s:o, s:o}", "added", step(&pair->added),
					 "hiddenBy", step(&pair->killer), "bytes",
					 count(pair->bytes), "entries", count(pair->entries)));
	return json_pack("{s:o, s:o, s:o, s:o}", "bytes", count(report->dead_bytes), "entries",
			 count(report->dead_entries), "pairs", pairs, "largest",
			 files_of(report->paths.items, report->paths.count));
}

static json_t *dive_numbers(const struct dive_numbers *dive)
{
	return json_pack("{s:f, s:o, s:o, s:o, s:o}", "efficiency", dive->efficiency, "wastedBytes",
			 count(dive->wasted_bytes), "userWastedPercent",
			 dive->user_bytes ? json_real(dive->wasted_of_user) : json_null(),
			 "sizeBytes", count(dive->bytes), "userSizeBytes", count(dive->user_bytes));
}

static json_t *images(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (image, &report->images) {
		json_t *dive = json_pack("{s:o, s:o}", "before", dive_numbers(&image->dive_before),
					 "after", dive_numbers(&image->dive_after));
		json_array_append_new(out,
				      json_pack("{s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "name",
						image->name, "inputId", image->input_id, "outputId",
						text_or_null(image->output_id), "manifest",
						text_or_null(image->manifest), "layersBefore",
						(int)image->layers_before, "layersAfter",
						(int)image->layers_after, "dive", dive));
	}
	return out;
}

static json_t *parts_of(const uint64_t parts[REPORT_KINDS])
{
	json_t *out = json_object();

	for (enum report_kind kind = 0; kind < REPORT_KINDS; kind++)
		json_object_set_new(out, report_kind_name(kind), count(parts[kind]));
	return out;
}

static json_t *users_of(const struct report *report, const uint32_t *images, size_t total)
{
	json_t *out = json_array();

	for (size_t i = 0; i < total; i++)
		json_array_append_new(out, json_string(report->images.items[images[i]].name));
	return out;
}

static json_t *sources(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (source, &report->sources)
		json_array_append_new(
			out,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "step",
				  step(&source->step), "bytes", count(source->bytes), "storedBytes",
				  count(source->stored_bytes), "gone", count(source->gone),
				  "entries", count(source->entries), "kept", source->kept, "parts",
				  parts_of(source->parts), "images",
				  users_of(report, source->images.items, source->images.count)));
	return out;
}

/* All of it: layers first, then what makes an archive of them. */
static json_t *account(const struct report *report)
{
	json_t *out = json_array();

	for (size_t i = 0; i < report->line_count; i++)
		json_array_append_new(out, json_pack("{s:s, s:I, s:I, s:o}", "kind",
						     report->lines[i].kind, "before",
						     (json_int_t)report->lines[i].before, "after",
						     (json_int_t)report->lines[i].after, "entries",
						     count(report->lines[i].entries)));
	return out;
}

static json_t *layers(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (layer, &report->layers) {
		json_array_append_new(
			out, json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "diffId",
				       text_or_null(layer->diff_id), "digest",
				       text_or_null(layer->digest), "bytes", count(layer->bytes),
				       "storedBytes",
				       report->dry_run ? json_null() : count(layer->stored_bytes),
				       "omitted", layer->omitted, "parts", parts_of(layer->parts),
				       "images",
				       users_of(report, layer->images.items, layer->images.count)));
	}
	return out;
}

static json_t *warnings(const struct report *report)
{
	json_t *out = json_array();

	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		const struct warning *warning = warnings_get(report->warnings, kind);
		json_t *examples = json_array();
		for (int i = 0; i < WARNING_EXAMPLES && warning->examples[i]; i++)
			json_array_append_new(examples, json_string(warning->examples[i]));
		if (warning->count)
			json_array_append_new(
				out, json_pack("{s:s, s:s, s:s, s:o, s:O}", "kind",
					       warning_name(kind), "meaning", warning_meaning(kind),
					       "advice", warning_advice(kind), "count",
					       count(warning->count), "examples", examples));
		json_decref(examples);
	}
	return out;
}

static json_t *rules(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (rule, &report->rules)
		json_array_append_new(
			out,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "rule",
				  rule->id, "policy", rule->policy, "action", rule->action, "class",
				  rule->class, "reason", rule->reason, "risk", rule->risk,
				  "reference", rule->reference, "names", count(rule->names),
				  "bytes", count(rule->bytes), "storedEstimate",
				  count(rule->stored), "vetoed", count(rule->vetoed)));
	return out;
}

static json_t *vetoes(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (veto, &report->vetoes)
		json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "path", veto->path, "rule",
						     veto->rule, "why", veto->why));
	return out;
}

static json_t *added(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (file, &report->added)
		json_array_append_new(out, json_pack("{s:s, s:o}", "path", file->path, "bytes",
						     count(file->bytes)));
	return out;
}

static json_t *listed(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (entry, &report->listed)
		json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "list", entry->list, "path",
						     entry->path, "component", entry->component));
	return out;
}

static json_t *leaks(const struct report *report)
{
	json_t *out = json_array();

	vec_foreach (leak, &report->leaks)
		json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "rule",
						     leak->rule, "severity", leak->severity,
						     "state", leak->state, "where", leak->where,
						     "masked", leak->masked, "fix", leak->fix));
	return out;
}

static json_t *policy(const struct report *report)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "removed",
			 count(report->removed_bytes), "largest",
			 files_of(report->taken.items, report->taken.count), "added", added(report),
			 "listed", listed(report), "listedCount", count(report->listed_count),
			 "packagesGone", count(report->scanned_packages), "emptied",
			 count(report->emptied_bytes), "ownedNames", count(report->owned_names),
			 "rules", rules(report), "vetoes", vetoes(report), "vetoCount",
			 count(report->veto_count));
}

static json_t *rewritten(const struct report *report)
{
	json_t *changed = json_array();

	vec_foreach (touch, &report->touches)
		json_array_append_new(
			changed, json_pack("{s:o, s:s, s:o, s:o, s:s}", "step", step(&touch->step),
					   "changes", touch->changes, "files", count(touch->files),
					   "bytes", count(touch->bytes), "fix", touch->fix));
	return json_pack("{s:o, s:o, s:o}", "bytes", count(report->redundant_bytes), "entries",
			 count(report->redundant_entries), "metadataOnly", changed);
}

static json_t *savings(const struct report *report)
{
	json_t *out = json_object();

	json_object_set_new(out, "dead", dead(report));
	json_object_set_new(out, "policy", policy(report));
	json_object_set_new(out, "dedupe",
			    json_pack("{s:o, s:o, s:o}", "bytes", count(report->linked_bytes),
				      "files", count(report->linked_files), "groups",
				      count(report->link_groups)));
	json_object_set_new(out, "rewritten", rewritten(report));
	json_object_set_new(out, "headers", json_integer(report->header_bytes));
	json_object_set_new(out, "keptHeaders", json_integer(report->kept_header_bytes));
	json_object_set_new(out, "ignored", count(report->ignored_bytes));
	json_object_set_new(out, "frozen", count(report->frozen_bytes));
	return out;
}

static json_t *verification(const struct report *report)
{
	static const char *const levels[] = {
		[VERIFY_OFF] = "off", [VERIFY_STRUCTURE] = "structure", [VERIFY_FULL] = "full"
	};

	return json_pack("{s:s, s:o}", "level", levels[report->verify.level], "names",
			 count(report->verify.compared));
}

void report_print_json(const struct report *report, FILE *out)
{
	bool dry = report->dry_run;
	json_t *json = json_object(), *dropped = json_array(), *notes = json_array();

	vec_foreach (line, &report->dropped)
		json_array_append_new(dropped, json_string(*line));
	vec_foreach (note, &report->notes)
		json_array_append_new(notes, json_string(*note));
	json_object_set_new(json, "schema", json_integer(REPORT_SCHEMA));
	json_object_set_new(json, "lighten", json_string(LIGHTEN_VERSION));
	json_object_set_new(json, "command", json_string(report->command));
	json_object_set_new(json, "input", json_string(report->input_name));
	json_object_set_new(json, "output", text_or_null(report->output_name));
	json_object_set_new(json, "layout", json_string(report->layout));
	json_object_set_new(json, "format", json_string(report->format));
	json_object_set_new(json, "dryRun", json_boolean(dry));
	json_object_set_new(json, "archiveBytes",
			    pair_of(report->input_bytes, report->output_bytes, dry));
	json_object_set_new(json, "layerBytes",
			    pair_of(report->layer_bytes_before, report->layer_bytes_after, false));
	json_object_set_new(json, "storedLayerBytes",
			    pair_of(report->stored_before, report->stored_after, dry));
	json_object_set_new(json, "layers",
			    pair_of(report->layers_before, report->layers_after, false));
	json_object_set_new(json, "entries",
			    pair_of(report->entries_before, report->entries_after, false));
	json_object_set_new(json, "fileSystemBytes",
			    pair_of(report->shown_before.bytes, report->shown_after.bytes, false));
	json_object_set_new(
		json, "fileSystemEntries",
		pair_of(report->shown_before.entries, report->shown_after.entries, false));
	json_object_set_new(json, "account", account(report));
	json_object_set_new(json, "savings", savings(report));
	json_object_set_new(json, "images", images(report));
	json_object_set_new(json, "inputLayers", sources(report));
	json_object_set_new(json, "outputLayers", layers(report));
	json_object_set_new(json, "secrets", leaks(report));
	json_object_set_new(json, "notes", notes);
	json_object_set_new(json, "dropped", dropped);
	json_object_set_new(json, "verify", verification(report));
	json_object_set_new(json, "warnings", warnings(report));
	json_dumpf(json, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(json);
}
