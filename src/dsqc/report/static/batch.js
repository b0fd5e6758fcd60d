"use strict";
// The tables of a batch: rows are data of the page, of which a page is drawn at a time. Nothing is loaded.
(function () {
  const PAGE = 50;
  const PRINTED = 1000;
  const data = JSON.parse(document.getElementById("data").textContent);
  const S = { name: 0, field: 1, form: 2, runs: 3, files: 4, bytes: 5, reads: 6, verdict: 7, state: 8, outcome: 9, accession: 10, reasons: 11, note: 12, groups: 13, more: 14, profile: 15, first: 16, count: 17, codes: 18 };
  const R = { submission: 0, key: 1, kind: 2, files: 3, reads: 4, bytes: 5, style: 6, label: 7, page: 8, errors: 9, values: 10 };
  const OUTCOMES = ["returned", "in_curation", "not_finished", "registered"];
  const grouped = new Intl.NumberFormat("en-US");
  const named = new Intl.Collator("en", { numeric: true });

  // Elements -----------------------------------------------------------------------------------------------------
  function make(name, attributes) {
    const made = document.createElement(name);
    for (const key in attributes || {}) { if (attributes[key] !== null) made.setAttribute(key, attributes[key]); }
    for (const child of Array.prototype.slice.call(arguments, 2)) { if (child !== null && child !== "") made.append(child); }
    return made;
  }
  function coded(holder, text) {
    text.split("`").forEach(function (piece, index) { holder.append(index % 2 ? make("code", {}, piece) : piece); });
    return holder;
  }
  function both(number) {
    const text = data.texts[number];
    const found = document.createDocumentFragment();
    if (text.length === 1) { coded(found, text[0]); return found; }
    found.append(coded(make("span", { "class": "en", lang: "en" }), text[0]), coded(make("span", { "class": "ko", lang: "ko" }), text[1]));
    return found;
  }
  function word(name) { return both(data.words[name]); }
  function mark(pair) { return make("span", { "class": "mark " + pair[1] }, both(pair[0])); }
  function numbered(text) { return make("td", { "class": "number" }, text); }
  function spoken(number) { return data.texts[number].join(" ").toLowerCase(); }

  // Numbers, as the rest of the page writes them ------------------------------------------------------------------
  function scaled(number, steps, plain) {
    for (const step of steps) { if (number >= step[1]) return step[2](number) + " " + step[0]; }
    return plain(number);
  }
  function one(factor) { return function (number) { return (number / factor).toFixed(1); }; }
  function size(number) {
    return scaled(number, [["TB", 1e12, one(1e12)], ["GB", 1e9, one(1e9)], ["MB", 1e6, one(1e6)], ["kB", 1e3, one(1e3)]], function (n) { return grouped.format(n) + " B"; });
  }
  function three(factor) { return function (number) { return String(Number((number / factor).toPrecision(3))); }; }
  function count(number) {
    if (!number) return "–";
    return scaled(number, [["T", 1e12, three(1e12)], ["G", 1e9, three(1e9)], ["M", 1e6, three(1e6)], ["k", 1e4, three(1e3)]], function (n) { return grouped.format(n); });
  }
  function quantity(value, unit) {
    if (value === null) return "–";
    if (unit === "fraction") return (100 * value >= 0.01 || value === 0 ? (100 * value).toFixed(2) : (100 * value).toPrecision(2)) + " %";
    if (unit === "count") return count(value);
    return grouped.format(Number.isInteger(value) ? value : Number(value.toFixed(value >= 1000 ? 0 : 2))) + (unit === "bp" ? " bp" : "");
  }

  // A table: columns, rows that are shown, a page of them in the document ----------------------------------------
  function Table(name, columns, rows, draw, speak) {
    this.name = name; this.columns = columns; this.rows = rows; this.draw = draw; this.speak = speak;
    this.filters = new Map(); this.sorted = -1; this.down = false; this.page = 0; this.spoken = [];
    this.shown = rows.map(function (_row, index) { return index; });
    this.element = document.getElementById(name);
    this.heads();
    this.show();
  }
  Table.prototype.heads = function () {
    const line = make("tr");
    const table = this;
    this.columns.forEach(function (column, index) {
      if (!column.value) { line.append(make("th", { scope: "col" }, column.head())); return; }
      const button = make("button", { type: "button", "class": "sort" }, column.head());
      button.addEventListener("click", function () { table.sort(index); });
      line.append(make("th", { scope: "col", "class": column.number ? "number" : null, "aria-sort": "none" }, button));
    });
    this.element.tHead.replaceChildren(line);
  };
  Table.prototype.sort = function (index) {
    this.down = this.sorted === index ? !this.down : false;
    this.sorted = index;
    const table = this;
    Array.prototype.forEach.call(this.element.tHead.rows[0].cells, function (cell, place) {
      if (cell.hasAttribute("aria-sort")) cell.setAttribute("aria-sort", place !== index ? "none" : table.down ? "descending" : "ascending");
    });
    this.select();
  };
  Table.prototype.words = function (index) {
    if (this.spoken[index] === undefined) this.spoken[index] = this.speak(this.rows[index]);
    return this.spoken[index];
  };
  Table.prototype.filter = function (key, test, chip) {
    if (test) this.filters.set(key, { test: test, chip: chip || null }); else this.filters.delete(key);
    this.select();
  };
  Table.prototype.select = function () {
    const table = this;
    const tests = Array.from(this.filters.values());
    const found = [];
    for (let index = 0; index < this.rows.length; index += 1) {
      if (tests.every(function (item) { return item.test(table.rows[index], index); })) found.push(index);
    }
    if (this.sorted >= 0) {
      const value = this.columns[this.sorted].value;
      const sign = this.down ? -1 : 1;
      const values = new Map(found.map(function (index) { return [index, value(table.rows[index])]; }));
      found.sort(function (a, b) {
        const left = values.get(a), right = values.get(b);
        if (left === null || right === null) return (left === null) - (right === null) || a - b; // what has no value stands last
        const order = typeof left === "number" ? left - right : named.compare(left, right);
        return sign * order || a - b;
      });
    }
    this.shown = found;
    this.page = 0;
    this.show();
  };
  Table.prototype.show = function (all) {
    const table = this;
    const first = all ? 0 : this.page * PAGE;
    const last = Math.min(this.shown.length, all ? PRINTED : first + PAGE);
    const body = document.createDocumentFragment();
    for (let place = first; place < last; place += 1) body.append.apply(body, this.draw(this.rows[this.shown[place]], this.shown[place]));
    this.element.tBodies[0].replaceChildren(body);
    const status = document.getElementById("shown-" + this.name);
    const range = this.shown.length ? grouped.format(first + 1) + "–" + grouped.format(last) + " / " + grouped.format(this.shown.length) : "0";
    const rest = this.shown.length < this.rows.length ? " (" + grouped.format(this.rows.length) + ")" : "";
    status.replaceChildren(range + rest, this.shown.length ? "" : make("span", {}, " · ", word("none_match")));
    document.querySelectorAll("[data-table=" + this.name + "]").forEach(function (button) {
      const page = table.page + Number(button.dataset.step);
      button.disabled = page < 0 || page * PAGE >= table.shown.length;
    });
    this.chips();
  };
  Table.prototype.chips = function () {
    const table = this;
    const chips = [];
    this.filters.forEach(function (item, key) {
      if (!item.chip) return;
      const button = make("button", { type: "button", "class": "chip" }, item.chip(), " ×");
      button.addEventListener("click", function () {
        if (key === "outcome") press(""); else table.filter(key, null);
        document.getElementById("filter-" + table.name).focus();
      });
      chips.push(button);
    });
    document.getElementById("chips-" + this.name).replaceChildren.apply(document.getElementById("chips-" + this.name), chips);
  };

  // Submissions --------------------------------------------------------------------------------------------------
  const opened = new Set();
  function reasonCell(row) {
    const cell = make("td", { "class": "reasons" });
    for (const reason of row[S.reasons]) {
      cell.append(make("div", {}, make("code", {}, reason[0]), " ", both(reason[1]), reason[2] > 1 ? make("span", { "class": "place" }, " ×" + grouped.format(reason[2])) : ""));
    }
    if (row[S.note]) cell.append(make("div", {}, row[S.note]));
    return cell;
  }
  function detail(row, width) {
    const cell = make("td", { colspan: width });
    if (row[S.groups].length) {
      const rows = row[S.groups].map(function (group) {
        const places = group[4].map(function (text) { return make("div", { "class": "place" }, both(text)); });
        const what = make("td", {}, both(group[3]));
        what.append.apply(what, places);
        if (group[5]) what.append(make("div", { "class": "place" }, "+ " + grouped.format(group[5])));
        what.append(make("div", { "class": "fix" }, both(group[6])));
        return make("tr", {}, make("td", {}, mark(data.severities[group[0]])), make("td", {}, make("code", {}, group[1])), numbered(grouped.format(group[2])), what);
      });
      const table = make("table");
      table.append.apply(table, rows);
      cell.append(make("h3", {}, word("findings")), table);
      if (row[S.more]) cell.append(make("p", { "class": "note" }, "+ " + grouped.format(row[S.more])));
    } else cell.append(make("p", { "class": "note" }, word("no_findings")));
    if (row[S.profile]) cell.append(make("p", {}, make("a", { href: row[S.profile] }, word("profile"))));
    const runs = data.runs.slice(row[S.first], row[S.first] + row[S.count]);
    if (!runs.length) { cell.append(make("p", { "class": "note" }, word("no_runs"))); return make("tr", { "class": "detail" }, cell); }
    const table = make("table");
    for (const run of runs.slice(0, PAGE)) {
      table.append(make("tr", {}, make("td", {}, runName(run)), make("td", { "class": "names" }, fileNames(run)), numbered(count(run[R.reads])), make("td", {}, mark([run[R.label], run[R.style]]))));
    }
    cell.append(make("h3", {}, word("runs")), table);
    if (runs.length > PAGE) cell.append(make("p", { "class": "note" }, "+ " + grouped.format(runs.length - PAGE)));
    return make("tr", { "class": "detail" }, cell);
  }
  const submissionColumns = [
    { head: function () { return word("submission"); }, value: function (row) { return row[S.name]; } },
    { head: function () { return word("form"); }, value: function (row) { return data.texts[row[S.field]][0]; } },
    { head: function () { return word("runs"); }, number: true, value: function (row) { return row[S.runs]; } },
    { head: function () { return word("files"); }, number: true, value: function (row) { return row[S.files]; } },
    { head: function () { return word("bytes"); }, number: true, value: function (row) { return row[S.bytes]; } },
    { head: function () { return word("reads"); }, number: true, value: function (row) { return row[S.reads]; } },
    { head: function () { return word("verdict"); }, value: function (row) { return row[S.verdict]; } },
    { head: function () { return word("state"); }, value: function (row) { return OUTCOMES.indexOf(row[S.outcome]); } },
    { head: function () { return word("accession"); }, value: function (row) { return row[S.accession] || null; } },
    { head: function () { return word("reasons"); } },
  ];
  function drawSubmission(row, index) {
    const open = opened.has(index);
    const button = make("button", { type: "button", "class": "open", "aria-expanded": String(open) }, row[S.name]);
    button.addEventListener("click", function () {
      if (opened.has(index)) opened.delete(index); else opened.add(index);
      const line = button.closest("tr");
      if (opened.has(index)) line.after(detail(row, submissionColumns.length)); else line.nextElementSibling.remove();
      button.setAttribute("aria-expanded", String(opened.has(index)));
    });
    const field = make("td", { "class": "form" }, both(row[S.field]), row[S.form] ? make("div", { "class": "place" }, row[S.form]) : "");
    const line = make("tr", {}, make("td", {}, button), field, numbered(grouped.format(row[S.runs])), numbered(grouped.format(row[S.files])), numbered(size(row[S.bytes])), numbered(count(row[S.reads])),
      make("td", {}, mark(data.verdicts[row[S.verdict]])), make("td", {}, mark(data.states[row[S.state]])), make("td", { "class": "accession" }, row[S.accession] ? make("code", {}, row[S.accession]) : ""), reasonCell(row));
    return open ? [line, detail(row, submissionColumns.length)] : [line];
  }
  function speakSubmission(row) {
    const reasons = row[S.reasons].map(function (reason) { return reason[0] + " " + spoken(reason[1]); }).join(" ");
    return [row[S.name], spoken(row[S.field]), row[S.form], row[S.accession], row[S.codes].join(" "), reasons, row[S.note], spoken(data.states[row[S.state]][0])].join(" ").toLowerCase();
  }

  // Runs ---------------------------------------------------------------------------------------------------------
  function runName(run) { return run[R.page] ? make("a", { href: run[R.page] }, run[R.key]) : run[R.key]; }
  function fileNames(run) {
    const holder = document.createDocumentFragment();
    run[R.files].forEach(function (file, index) {
      holder.append(index ? ", " : "", file[1] ? make("a", { href: file[1] }, file[0]) : file[0]);
    });
    return holder;
  }
  const used = data.metrics.map(function (_metric, place) { return data.runs.some(function (run) { return run[R.values][place] !== null; }); });
  const places = data.metrics.map(function (_metric, place) { return place; }).filter(function (place) { return used[place] && data.metrics[place].id !== "read_count"; });
  const runColumns = [
    { head: function () { return word("run"); }, value: function (run) { return run[R.key]; } },
    { head: function () { return word("submission"); }, value: function (run) { return data.submissions[run[R.submission]][S.name]; } },
    { head: function () { return word("kind"); }, value: function (run) { return data.texts[run[R.kind]][0]; } },
    { head: function () { return word("findings"); }, value: function (run) { return -run[R.errors] * 4 - ["good", "none", "fair", "bad"].indexOf(run[R.style]); } },
    { head: function () { return word("reads"); }, number: true, value: function (run) { return run[R.reads]; } },
    { head: function () { return word("bytes"); }, number: true, value: function (run) { return run[R.bytes]; } },
  ].concat(places.map(function (place) {
    return { head: function () { return both(data.metrics[place].name); }, number: true, value: function (run) { return run[R.values][place]; } };
  })).concat([{ head: function () { return word("files"); } }]);
  function drawRun(run) {
    const line = make("tr", {}, make("td", {}, runName(run)), make("td", {}, data.submissions[run[R.submission]][S.name]), make("td", {}, both(run[R.kind])), make("td", {}, mark([run[R.label], run[R.style]])), numbered(count(run[R.reads])), numbered(size(run[R.bytes])));
    for (const place of places) line.append(numbered(quantity(run[R.values][place], data.metrics[place].unit)));
    line.append(make("td", { "class": "names" }, fileNames(run)));
    return [line];
  }
  function speakRun(run) {
    const files = run[R.files].map(function (file) { return file[0]; }).join(" ");
    return [run[R.key], data.submissions[run[R.submission]][S.name], spoken(run[R.kind]), spoken(run[R.label]), files].join(" ").toLowerCase();
  }

  const tables = { submissions: new Table("submissions", submissionColumns, data.submissions, drawSubmission, speakSubmission), runs: null };
  function runs() {
    if (!tables.runs) tables.runs = new Table("runs", runColumns, data.runs, drawRun, speakRun);
    return tables.runs;
  }

  // Tabs, filters, pages, printing ---------------------------------------------------------------------------------
  const tabs = Array.from(document.querySelectorAll("[role=tab]"));
  function turnTo(name, focus) {
    if (name === "runs") runs();
    for (const tab of tabs) {
      const chosen = tab.id === "tab-" + name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
      if (chosen && focus) tab.focus();
    }
  }
  for (const tab of tabs) {
    tab.addEventListener("click", function () { turnTo(tab.id.slice(4)); });
    tab.addEventListener("keydown", function (event) {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      turnTo(tabs[(tabs.indexOf(tab) + 1) % tabs.length].id.slice(4), true);
    });
  }
  const tiles = Array.from(document.querySelectorAll(".tile"));
  function press(outcome) {
    const tile = tiles.find(function (item) { return item.dataset.outcome === outcome; });
    for (const item of tiles) item.setAttribute("aria-pressed", String(item === tile));
    tables.submissions.filter("outcome", tile ? function (row) { return row[S.outcome] === outcome; } : null, function () { return tile.lastChild.cloneNode ? both(data.words[outcome]) : outcome; });
    turnTo("submissions");
  }
  function goTo(name) { turnTo(name); document.getElementById("tables").scrollIntoView(); document.getElementById("filter-" + name).focus({ preventScroll: true }); }
  document.addEventListener("click", function (event) {
    const tile = event.target.closest(".tile");
    if (tile) { press(tile.getAttribute("aria-pressed") === "true" ? "" : tile.dataset.outcome); return; }
    const step = event.target.closest("[data-step]");
    if (step) { const table = tables[step.dataset.table]; table.page += Number(step.dataset.step); table.show(); return; }
    const cause = event.target.closest("[data-code]");
    if (cause) {
      const code = cause.dataset.code;
      tables.submissions.filter("code", function (row) { return row[S.codes].includes(code); }, function () { return make("code", {}, code); });
      goTo("submissions");
      return;
    }
    const run = event.target.closest("[data-run]");
    if (run) {
      const wanted = Number(run.dataset.run);
      const told = data.runs[wanted];
      runs().filter("run", function (_row, index) { return index === wanted; }, function () { return data.submissions[told[R.submission]][S.name] + " / " + told[R.key]; });
      goTo("runs");
    }
  });
  ["submissions", "runs"].forEach(function (name) {
    const input = document.getElementById("filter-" + name);
    input.addEventListener("input", function () {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const table = name === "runs" ? runs() : tables.submissions;
      table.filter("words", wanted.length ? function (_row, index) { const words = table.words(index); return wanted.every(function (item) { return words.includes(item); }); } : null);
    });
  });
  addEventListener("beforeprint", function () { for (const name in tables) { if (tables[name]) tables[name].show(true); } });
  addEventListener("afterprint", function () { for (const name in tables) { if (tables[name]) tables[name].show(); } });
})();
