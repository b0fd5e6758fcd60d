"use strict";
(function () {
  const by = function (id) { return document.getElementById(id); };
  const MESSAGES = JSON.parse(by("messages").textContent);
  const MADE_WITH = JSON.parse(by("made-with").textContent);
  const MOST_BYTES = 2 ** 28; // More than any form that is taken, and little enough for a browser's memory.
  const STYLES = { error: "bad", warning: "fair", info: "none" };
  let worker, certain = 1, number = 0, chosen = null, checks = 0, last = null;
  const waiting = new Map();

  // ---- texts: every text stands in both languages, of which the page shows one
  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (all, name) { return values && name in values ? values[name] : all; });
  }
  function put(parent, name, attributes) {
    const element = document.createElement(name);
    for (const key of Object.keys(attributes || {})) element.setAttribute(key, attributes[key]);
    parent.append(element);
    return element;
  }
  function withCode(parent, text) {
    text.split(/`([^`]+)`/).forEach(function (part, index) {
      if (index % 2) put(parent, "code").textContent = part; else parent.append(part);
    });
  }
  function say(parent, text, values) {
    for (const language of ["en", "ko"]) withCode(put(parent, "span", { class: language, lang: language }), fill(text[language], values));
    return parent;
  }
  function status(name, values) {
    by("status").replaceChildren();
    say(by("status"), MESSAGES[name], values);
    by("status").dataset.state = name;
  }
  function busy(is) {
    by("progress").hidden = !is;
    for (const id of ["again", "save-report", "save-fix", "save-json"]) by(id).disabled = is || !chosen;
    if (last && !last.fixable) by("save-fix").disabled = true;
  }
  function fail(reason) { busy(false); status("fault", { reason: reason }); }

  // ---- Python in its worker
  function ask(call, argument, transfer) {
    return new Promise(function (resolve, reject) {
      number += 1;
      waiting.set(number, { resolve: resolve, reject: reject });
      worker.postMessage({ id: number, call: call, argument: argument }, transfer || []);
    });
  }
  function answered(event) {
    if (event.data.step) { status(event.data.step); return; }
    const asked = waiting.get(event.data.id);
    waiting.delete(event.data.id);
    if ("fault" in event.data) asked.reject(new Error(event.data.fault)); else asked.resolve(event.data.value);
  }
  function bytes(id) {
    const element = by(id);
    const text = element.textContent;
    element.remove();
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text);
    const content = new Uint8Array(raw.length);
    for (let index = 0; index < raw.length; index += 1) content[index] = raw.charCodeAt(index);
    return content;
  }
  async function unpacked(id) {
    const stream = new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  async function start() {
    status("unpacking");
    busy(true);
    if (!window.Worker || !window.WebAssembly || !window.DecompressionStream) { status("too_old"); return false; }
    await new Promise(function (resolve) { setTimeout(resolve, 30); }); // Let the page be drawn first.
    const script = new Blob([await unpacked("part-worker")], { type: "text/javascript" });
    const given = { wasm: await unpacked("part-wasm"), stdlib: bytes("part-stdlib"), bundle: bytes("part-bundle"), lock: MADE_WITH.lock };
    worker = new Worker(URL.createObjectURL(script));
    worker.onmessage = answered;
    worker.onerror = function (event) { fail(event.message || "worker"); };
    status("starting");
    const about = await ask("start", given, [given.wasm.buffer, given.stdlib.buffer, given.bundle.buffer]);
    certain = about.certain;
    by("rule-set").textContent = about.versions.rule_set;
    document.documentElement.dataset.memory = String(about.memory);
    busy(false);
    return true;
  }
  const started = start().then(function (is) { if (is && !chosen) status("ready"); return is; })
    .catch(function (error) { fail(error.message); return false; });

  // ---- what was chosen: files by name beside one another; of directories the name alone
  async function choose(files, folders, isFolder) {
    chosen = { files: files, folders: folders, isFolder: isFolder };
    last = null;
    status("waiting");
    await check();
  }
  function fromInput(input, isFolder) {
    const files = new Map(), folders = new Set();
    for (const file of input.files) {
      const path = (file.webkitRelativePath || file.name).split("/");
      if (isFolder && path.length > 2) folders.add(path[1]); else files.set(file.name, file);
    }
    input.value = ""; // The same choice may be made again, after the form was corrected.
    if (files.size || folders.size) choose(files, folders, isFolder);
  }
  function read(reader) { return new Promise(function (resolve, reject) { reader.readEntries(resolve, reject); }); }
  function fileOf(entry) { return new Promise(function (resolve, reject) { entry.file(resolve, reject); }); }
  // Chromium lets a page from disk read a dropped folder by its handle only, other browsers by its entry only.
  async function inFolder(item, files, folders) {
    if (item.handle) {
      for await (const one of (await item.handle).values()) {
        if (one.kind === "directory") folders.add(one.name); else files.set(one.name, await one.getFile());
      }
      return;
    }
    const reader = item.entry.createReader();
    for (let some = await read(reader); some.length; some = await read(reader)) {
      for (const one of some) if (one.isDirectory) folders.add(one.name); else files.set(one.name, await fileOf(one));
    }
  }
  async function fromDrop(transfer) {
    const items = Array.from(transfer.items).filter(function (item) { return item.kind === "file"; }).map(function (item) {
      const entry = item.webkitGetAsEntry && item.webkitGetAsEntry(), isFolder = !!entry && entry.isDirectory;
      const handle = isFolder && item.getAsFileSystemHandle ? item.getAsFileSystemHandle() : null;
      return { file: isFolder ? null : item.getAsFile(), entry: entry, handle: handle, isFolder: isFolder };
    });
    const files = new Map(), folders = new Set();
    const isFolder = items.length === 1 && items[0].isFolder;
    try {
      if (isFolder) await inFolder(items[0], files, folders);
    } catch (error) { status("not_dropped"); return; }
    if (!isFolder) for (const item of items) if (item.isFolder) folders.add(item.entry.name); else files.set(item.file.name, item.file);
    // Data files that are dropped with their form are looked at as those of a folder are.
    const names = Array.from(files.keys());
    const forms = isFolder || !(await started) ? [] : await ask("chooseForm", names);
    const beside = folders.size > 0 || (forms.length > 0 && names.length > forms.length);
    if (files.size || folders.size) choose(files, folders, isFolder || beside);
  }

  // ---- check and show
  function request() {
    const sizes = {};
    if (chosen.isFolder) {
      chosen.files.forEach(function (file, name) { sizes[name] = file.size; });
      chosen.folders.forEach(function (name) { sizes[name] = null; });
    }
    return {
      sizes: chosen.isFolder ? sizes : null, today: by("today").value, kbds_strict: by("strict").checked, limits: MADE_WITH.limits,
    };
  }
  async function check() {
    checks += 1;
    const own = checks;
    if (!await started || own !== checks) return;
    busy(true);
    by("result").hidden = true;
    status("checking");
    try {
      const forms = await ask("chooseForm", Array.from(chosen.files.keys()));
      if (!forms.length) { chosen = null; busy(false); status("no_form"); finished({ error: "no_form" }); return; }
      const files = [];
      for (const name of forms) {
        if (chosen.files.get(name).size > MOST_BYTES) { busy(false); status("too_large", { name: name }); return; }
        try {
          files.push([name, new Uint8Array(await chosen.files.get(name).arrayBuffer())]);
        } catch (error) { busy(false); status("unreadable", { name: name, reason: error.message }); return; }
      }
      const result = await ask("check", { files: files, request: request() });
      if (own !== checks) return;
      if (result.error) { fail(result.error + " " + result.hint); finished(result); return; }
      last = { json: result.json, document: JSON.parse(result.json) };
      last.fixable = last.document.findings.some(function (row) { return row.suggestion && row.suggestion.confidence >= certain; });
      show(result, forms);
      busy(false);
      finished(result);
    } catch (error) { fail(error.message); }
  }
  function finished(result) { document.dispatchEvent(new CustomEvent("dsqc-checked", { detail: result })); }

  function show(result, forms) {
    const said = last.document;
    const counts = said.finding_counts;
    const total = counts.error + counts.warning + counts.info;
    status(total ? "done" : "nothing", counts);
    const summary = by("summary");
    summary.replaceChildren();
    const worst = counts.error ? "bad" : counts.warning ? "fair" : "good";
    say(put(summary, "span", { class: "mark " + worst }), MESSAGES.done, counts);
    summary.append(" ");
    const rest = chosen.files.size - forms.length;
    say(summary, MESSAGES[chosen.isFolder ? "files_checked" : "form_alone"], { form: forms.join(", "), count: rest });
    if (said.form) {
      put(summary, "span", { class: "form" }).textContent = said.submission_alias + " · " + said.form.id + "@" + said.form.version + " × " + said.form.package;
    }
    const list = by("found");
    list.replaceChildren();
    said.groups.forEach(function (group, index) { list.append(line(group, result.places[index], result.rules[group.code])); });
    by("skipped").textContent = said.skipped_rules.join(", ");
    by("result").hidden = false;
    by("result-heading").focus();
  }
  function line(group, place, rule) {
    const item = document.createElement("li"), first = group.first;
    say(put(item, "span", { class: "mark " + STYLES[group.severity] }), MESSAGES[group.severity]);
    item.append(" ");
    put(item, "code").textContent = group.code;
    item.append(" ");
    say(put(item, "b"), rule.name);
    put(item, "span", { class: "times" }).textContent = " ×" + group.count.toLocaleString("en");
    say(put(item, "div", { class: "place" }), place);
    say(put(item, "div"), { en: first.message, ko: first.message_ko });
    if (group.value_count > 1) values(put(item, "div", { class: "values" }), group);
    else if (first.suggestion) {
      const meant = put(item, "div", { class: "values" });
      say(meant, MESSAGES.meant);
      put(put(meant, "span"), "q").textContent = first.suggestion.value;
    }
    say(put(item, "div", { class: "fix" }), { en: first.fix, ko: first.fix_ko });
    const more = put(item, "details");
    say(put(more, "summary"), MESSAGES.about_rule);
    const terms = put(more, "dl");
    for (const known of rule.lines) {
      say(put(terms, "dt"), known.label);
      say(put(terms, "dd"), known.text);
    }
    return item;
  }
  function values(parent, group) {
    for (const value of group.values) {
      const shown = put(parent, "span");
      put(shown, "q").textContent = value.value;
      if (value.suggestion !== null) { shown.append(" → "); put(shown, "q").textContent = value.suggestion; }
      put(shown, "small").textContent = " ×" + value.count.toLocaleString("en");
    }
    const rest = group.value_count - group.values.length;
    if (rest > 0) put(parent, "span").textContent = "… +" + rest.toLocaleString("en");
  }

  // ---- save
  function save(name, content, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: type }));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
    document.dispatchEvent(new CustomEvent("dsqc-saved", { detail: { name: name, content: content } }));
  }
  function stem() { return (last.document.submission_alias || "submission").replace(/[^\w.가-힣-]+/g, "-"); }
  async function saveZip(call, name) {
    busy(true);
    status("writing");
    try {
      const result = await ask(call, request());
      if (result.error) { fail(result.error + " " + result.hint); return; }
      save(name, result.content, "application/zip");
      busy(false);
      if (result.document) status("fixed", { cells: result.document.cell_count, left: result.document.left_count });
      else status("saved", { name: name });
    } catch (error) { fail(error.message); }
  }

  by("choose-folder").addEventListener("click", function () { by("folder").click(); });
  by("choose-form").addEventListener("click", function () { by("form").click(); });
  by("folder").addEventListener("change", function () { fromInput(by("folder"), true); });
  by("form").addEventListener("change", function () { fromInput(by("form"), false); });
  by("again").addEventListener("click", check);
  by("save-report").addEventListener("click", function () { saveZip("saveResults", stem() + "-report.zip"); });
  by("save-fix").addEventListener("click", function () { saveZip("saveCorrected", stem() + "-corrected.zip"); });
  by("save-json").addEventListener("click", function () {
    save(stem() + "-findings.json", last.json, "application/json");
  });
  addEventListener("dragover", function (event) { event.preventDefault(); by("drop").classList.add("over"); });
  addEventListener("dragleave", function (event) { if (!event.relatedTarget) by("drop").classList.remove("over"); });
  addEventListener("drop", function (event) {
    event.preventDefault();
    by("drop").classList.remove("over");
    fromDrop(event.dataTransfer).catch(function (error) { fail(error.message); });
  });
})();
