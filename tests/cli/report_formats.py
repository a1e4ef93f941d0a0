"""report_formats.py COMMAND ... - read reports back with readers that are not ours, and judge them.

  html FILE...             a sound page: strict HTML 5, no script, nothing fetched, readable
  same STEM...             STEM.json, .csv, .html, .md and .txt tell the same
  holds JSON TEXT...       each text is in the JSON report, and in the .csv, .html and .md beside it
"""
import csv
import json
import re
import subprocess
import sys

import html5lib

SPACE = "{http://www.w3.org/1999/xhtml}"
URLS = ("href", "src", "action", "data", "srcset", "poster", "background", "xlink:href")
LAYER_KINDS = ("files", "headers", "frozen", "dead", "policy", "dedupe", "rewritten", "ignored")


def check(truth, *what):
    if not truth:
        raise SystemExit("report_formats.py: " + " ".join(map(str, what)))


def text(node):
    return "".join(node.itertext())


def read(name):
    with open(name, encoding="utf-8", newline="") as file:
        return file.read()


# --- HTML ---------------------------------------------------------------------------------------

def parse_html(source):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(source)


def markdown(name):
    """What GitHub's renderer makes of it."""
    done = subprocess.run(["cmark-gfm", "-e", "table", "--unsafe", name], check=True,
                          stdout=subprocess.PIPE)
    return parse_html("<!DOCTYPE html><title>x</title>" + done.stdout.decode())


def names(tree):
    return [node.tag for node in tree.iter() if isinstance(node.tag, str)]


def check_harmless(name, tree, allowed):
    """Only elements that the report itself writes, and no attribute that runs or fetches."""
    for node in tree.iter():
        check(isinstance(node.tag, str), name, "has a comment")
        tag = node.tag.rpartition("}")[2]
        check(tag in allowed, name, "has an element", tag)
        for key, value in node.attrib.items():
            check(not key.startswith("on"), name, "has", key)
            if key in URLS:
                check(re.fullmatch(r"#[a-z]+", value), name, "points to", value)


PAGE = set("""html head meta title style body header main footer section h1 h2 p span strong a small
    code pre figure div table caption thead tbody tr th td data i ul li svg rect""".split())
COMMENT = set("""html head title body h3 h4 p strong code table thead tbody tr th td details summary
    ul li""".split())


def luminance(colour):
    colour = colour * 2 if len(colour) == 3 else colour
    digits = colour if len(colour) == 6 else "".join(c * 2 for c in colour[:3])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, two):
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def check_colours(style):
    """WCAG 2: 4.5 for text, 3 for what is drawn, in the light and in the dark."""
    schemes = re.findall(r":root\{([^}]*--ink[^}]*)\}", style)
    check(len(schemes) == 2, "no light and dark")
    for scheme in schemes:
        colour = dict(re.findall(r"--([a-z-]+):#([0-9a-f]+)", scheme))
        for fore in ("ink", "soft", "accent"):
            check(contrast(colour[fore], colour["page"]) >= 4.5, "too faint:", fore)
        check(contrast(colour["alarm"], colour["alarm-page"]) >= 4.5, "too faint: alarm")
        check(contrast(colour["ink"], colour["alarm-page"]) >= 4.5, "too faint: alarm text")
        for fore in LAYER_KINDS:
            check(contrast(colour[fore], colour["page"]) >= 3, "too faint:", fore)
    check("url(" not in style and "@import" not in style, "the style fetches")


def check_html(name):
    tree = parse_html(read(name))
    check_harmless(name, tree, PAGE)
    policy = tree.find(".//meta[@http-equiv]")
    check(policy.get("content").startswith("default-src 'none'"), "no policy against scripts")
    check_colours(text(tree.find(".//style")))
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    check(len(ids) == len(set(ids)), name, "an id twice")
    for node in tree.iter():
        for key in ("aria-labelledby", "href"):
            if node.get(key):
                check(node.get(key).lstrip("#") in ids, name, "no", node.get(key))
    for table in tree.iter("table"):
        check(text(table.find("caption")), name, "a table without a caption")
        heads = table.findall("./thead/tr/*")
        check(all(h.get("scope") == "col" for h in heads if h.tag == "th"), name, "no scope")
        for row in table.findall("./tbody/tr"):
            check(len(row) == len(heads), name, "a row of another width:", text(row))
            check(all(h.get("scope") == "row" for h in row.findall("th")), name, "no scope")
    for svg in tree.iter("{http://www.w3.org/2000/svg}svg"):
        check(svg.get("aria-label") or svg.get("aria-hidden"), name, "a picture without words")
        ends = [float(r.get("x")) + float(r.get("width")) for r in svg]
        check(all(end <= 1000.011 for end in ends), name, "a bar beyond its end")


# --- one story ----------------------------------------------------------------------------------

def read_csv(name):
    rows = list(csv.DictReader(read(name).splitlines(keepends=True), strict=True))
    raw = read(name)
    check(raw.count("\r\n") == raw.count("\n") == len(rows) + 1, name, "lines do not end in CRLF")
    for row in rows:
        check(None not in row and None not in row.values(), name, "a row of another width")
        for key, cell in row.items():
            # The apostrophe that keeps spreadsheets from computing it goes.
            check(cell[:1] not in "=+-@\uff1d\uff0b\uff0d\uff20" or not cell or
                  re.fullmatch(r"-\d+", cell), name, "a formula", cell)
            row[key] = cell[1:] if cell.startswith("'") else cell
    return rows


def add(rows, section, kind=None):
    return sum(int(row["bytes"]) for row in rows
               if row["section"] == section and kind in (None, row["kind"]))


def check_csv(report, rows):
    total = {row["kind"]: row for row in rows if row["section"] == "total"}
    for kind, key in (("archive", "archiveBytes"), ("stored_layers", "storedLayerBytes"),
                      ("layers", "layerBytes"), ("file_system", "fileSystemBytes")):
        for side in ("before", "after"):
            wanted = report[key][side]
            check(total[kind][side] == ("" if wanted is None else str(wanted)), kind, side)
    whole = report["layerBytes" if report["dryRun"] else "archiveBytes"]
    check(add(rows, "saving") == whole["before"] - whole["after"], "savings do not add up")
    check(add(rows, "saving", "dead") == report["savings"]["dead"]["bytes"], "dead bytes")
    dive = [[int(row[side]) for side in ("before", "after")] for row in rows
            if row["kind"] == "wasted"]
    check(dive == [[image["dive"][side]["wastedBytes"] for side in ("before", "after")]
                   for image in report["images"]], "dive")
    policy = report["savings"]["policy"]
    check(add(rows, "saving", "policy") == policy["removed"] + policy["emptied"], "rules")
    check([int(row["bytes"]) for row in rows if row["kind"] == "input"] ==
          [layer["gone"] for layer in report["inputLayers"]], "layers")


def check_account(report):
    """The account adds up: by kind over layers, and over kinds to layers and archives."""
    lines = {line["kind"]: line for line in report["account"]}
    for side, layers in (("before", "inputLayers"), ("after", "outputLayers")):
        for kind in LAYER_KINDS:
            parts = sum(layer["parts"][kind] for layer in report[layers])
            check(lines.get(kind, {side: 0})[side] == parts, kind, side)
        for layer in report[layers]:
            check(sum(layer["parts"].values()) == layer["bytes"], "a layer does not add up")
        whole = sum(line[side] for line in report["account"] if line["kind"] in LAYER_KINDS)
        check(whole == report["layerBytes"][side], "the lines of layers do not add up", side)
        if not report["dryRun"]:
            whole = sum(line[side] for line in report["account"])
            check(whole == report["archiveBytes"][side], "the lines do not add up", side)


def cells(row):
    return [text(cell).strip() for cell in row]


def tables(tree):
    return {tuple(cells(table.find("./thead/tr"))): table.findall("./tbody/tr")
            for table in tree.iter("table")}


def check_page(report, page, comment):
    """Rows of the page carry the bytes; those of the comment the same sizes."""
    rows = tables(page)[("Bytes", "Before", "After", "Saved")]
    exact = [[int(data.get("value")) for data in row.findall("./td/data")] for row in rows]
    lines = [[line["before"], line["after"], line["before"] - line["after"]]
             for line in report["account"]]
    layers = [line for line in report["account"] if line["kind"] in LAYER_KINDS]
    for key, place in (("layerBytes", len(layers)), ("archiveBytes", len(lines) + 1)):
        if report[key]["after"] is not None:
            both = [report[key]["before"], report[key]["after"]]
            lines.insert(place, both + [both[0] - both[1]])
    check(exact == lines, "the account of the page:", exact, lines)
    shown = [cells(row)[1:] for row in rows if row.get("class") != "sum"]
    said = [cells(row)[1:4] for row in
            tables(comment)[("", "before", "after", "saved", "entries")]]
    said = [[cell.replace("-", "\u2212") for cell in row] for row in said]
    check(shown == said, "the account of the comment:", said, shown)


def is_cut(shown, whole):
    """The same, or the beginning of what is too long for a line."""
    return shown == whole or len(whole.encode()) > 120 and shown.endswith("...") and \
        whole.startswith(shown[:-3])


def paths(report):
    savings = report["savings"]
    largest = savings["dead"]["largest"] + savings["policy"]["largest"]
    return [file["path"] for file in sorted(largest, key=lambda file: -file["bytes"])]


def check_paths(report, rows, page, comment):
    wanted = paths(report)
    check([row["path"] for row in rows if row["section"] == "file"] == wanted, "paths of CSV")
    for tree, head, limit in ((page, ("Bytes", "Path, and why"), None),
                              (comment, ("bytes", "path", "why"), 10)):
        found = tables(tree).get(head, [])
        shown = [text(row[1].find("code")) for row in found]
        check(len(shown) == len(wanted[:limit]) and all(map(is_cut, shown, wanted)), "paths", head)


def check_secrets(report, rows, page, comment, lines):
    leaks = report["secrets"]
    notes = [leak["severity"] + (": " if leak["masked"] else "") + leak["masked"] + "; " +
             leak["fix"] for leak in leaks]
    check([(row["kind"], row["rule"], row["path"], row["note"]) for row in rows
           if row["section"] == "secret"] ==
          [(leak["state"], leak["rule"], leak["where"], note)
           for leak, note in zip(leaks, notes)], "secrets of CSV")
    found = [(row[0].text, text(row[0].find("small")), [text(c) for c in row[1].findall("code")],
              text(row[1].find("small")))
             for row in tables(page).get(("Severity", "Where, and what to do"), [])]
    check(found == [(leak["severity"], leak["state"],
                     [piece for piece in (leak["where"], leak["masked"]) if piece],
                     leak["rule"] + ": " + leak["fix"]) for leak in leaks[:100]],
          "secrets of the page", found)
    found = [cells(row) for row in
             tables(comment).get(("rule", "severity", "where", "found", "what to do"), [])]
    wanted = [[leak["rule"], "%s, %s" % (leak["severity"], leak["state"]), leak["where"],
               leak["masked"], leak["fix"]] for leak in leaks[:20]]
    check(len(found) == len(wanted) and
          all(all(map(is_cut, *pair)) for pair in zip(found, wanted)), "secrets of the comment",
          found)
    check([line for line in lines if line.startswith("secret: ")] ==
          ["secret: %s, %s, %s%s%s (%s)" % (leak["rule"], leak["state"], leak["where"],
                                            ": " if leak["masked"] else "", leak["masked"],
                                            leak["severity"]) for leak in leaks],
          "secrets of the text")


def items_below(tree, head):
    """Of the list behind a heading: the texts and the codes of each item."""
    nodes = list(tree.iter())
    at = [i for i, node in enumerate(nodes) if node.tag in ("h2", "h4") and text(node) == head]
    lists = [node for node in nodes[at[0]:] if node.tag == "ul"] if at else []
    return [(text(item), [text(code) for code in item.findall("code")])
            for item in (lists[0].findall("li") if lists else [])]


def check_warnings(report, rows, page, comment, lines):
    warnings = report["warnings"]
    heads = ["%s (%d): " % (warning["meaning"], warning["count"]) for warning in warnings]
    found = [row for row in rows if row["section"] == "warning"]
    check([(row["kind"], row["entries"], row["note"]) for row in found] ==
          [(warning["kind"], str(warning["count"]),
            "%s: %s%s" % (warning["meaning"], ", ".join(warning["examples"]),
                          warning["advice"] and "; " + warning["advice"]))
           for warning in warnings], "warnings of CSV")
    for tree in (page, comment):
        items = items_below(tree, "Warnings")
        check(len(items) == len(warnings), "warnings", len(items))
        for (said, codes), head, warning in zip(items, heads, warnings):
            check(said.startswith(head) and said.endswith(warning["advice"]), said)
            check(len(codes) == len(warning["examples"]) and
                  all(map(is_cut, codes, warning["examples"])), "examples", codes)
    said = [line for line in lines if line.startswith("warning: ")]
    check(len(said) == len(warnings), "warnings of the text")
    for line, head, warning in zip(said, heads, warnings):
        check(line.startswith("warning: " + head + ", ".join(warning["examples"])), line)


def check_controls(name):
    """Nothing that a terminal or a reader's eye would obey."""
    source = read(name)
    source = json.dumps(json.loads(source), ensure_ascii=False) if name.endswith("json") else source
    source = source.replace("\r\n", "\n") if name.endswith("csv") else source
    found = re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\uffff]",
                      source)
    check(not found, name, "has", found)


def check_same(stem):
    report = json.loads(read(stem + ".json"))
    rows = read_csv(stem + ".csv")
    page, comment = parse_html(read(stem + ".html")), markdown(stem + ".md")
    check_harmless(stem + ".md", comment, COMMENT)
    check_account(report)
    check_csv(report, rows)
    check_page(report, page, comment)
    check_paths(report, rows, page, comment)
    lines = read(stem + ".txt").splitlines()
    check_secrets(report, rows, page, comment, lines)
    check_warnings(report, rows, page, comment, lines)
    for suffix in ("json", "csv", "html", "md", "txt"):
        check_controls("%s.%s" % (stem, suffix))
    check(len(read(stem + ".md")) < 65536, "too long for a comment")
    sizes = text(page.find(".//p[@class]/span")).split(" \u2192 ")
    head = read(stem + ".txt").splitlines()
    head = head[head[0].startswith("nothing won")]
    check(all(size in head for size in sizes), "sizes of the text:", head, sizes)
    change = text(page.find(".//strong"))
    check(change.replace("\u2212", "-") in head, "the change:", head, change)
    heading = text(comment.find(".//h3"))
    check(heading.endswith("%s \u2192 %s (%s)" % (*sizes, change.replace("\u2212", "-"))), heading)


def check_holds(name, wanted):
    stem = name[:-len(".json")]
    rows = [cell for row in read_csv(stem + ".csv") for cell in row.values()]
    told = [text(parse_html(read(stem + ".html"))), text(markdown(stem + ".md")),
            json.dumps(json.loads(read(name)), ensure_ascii=False)]
    for piece in wanted:
        check(any(piece in cell for cell in rows), piece, "is not in the table")
        quoted = json.dumps(piece, ensure_ascii=False)[1:-1]
        for one in told:
            check(piece in one or quoted in one, piece, "is not in", one[:60])


def main():
    command, *rest = sys.argv[1:]
    if command == "holds":
        check_holds(rest[0], rest[1:])
    else:
        for name in rest:
            {"html": check_html, "same": check_same}[command](name)


if __name__ == "__main__":
    main()
