// Runs Python beside the page, so that the page answers while it works. Stands before Pyodide's own two scripts in one:
// that is why `_createPyodideModule` and `loadPyodide` are known here.
const FOLDER = "/submission";
let python;
let inside;
let parts = {};

// By this Pyodide tells a worker that cannot import modules, which it refuses: it would import its own files. Here they
// stand in one script, for a browser starts no module worker on a page that was opened from disk.
self.importScripts = function () { throw new TypeError("nothing is imported here"); };

// Pyodide asks for its files by address; they are here already, and nothing else may be asked for.
self.fetch = async function (address) {
  const name = String(address.url || address).split("/").pop();
  if (!(name in parts)) throw new TypeError("this page asks for nothing outside itself: " + name);
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(parts[name], { headers: { "content-type": type } });
};

const CALLS = {
  async start(given) {
    parts = { "pyodide.asm.wasm": given.wasm, "python_stdlib.zip": given.stdlib };
    python = await loadPyodide({
      createPyodideModule: _createPyodideModule,
      indexURL: "page:///",
      packageBaseUrl: "page:///",
      lockFileContents: given.lock,
    });
    parts = {};
    self.postMessage({ step: "loading" });
    python.unpackArchive(given.bundle, "zip", { extractDir: python.runPython("import sysconfig; sysconfig.get_path('purelib')") });
    inside = python.pyimport("dsqc.form_page.inside");
    return { ...JSON.parse(inside.start()), memory: python._module.HEAPU8.length };
  },
  chooseForm(names) { return JSON.parse(inside.choose_form(JSON.stringify(names))); },
  check({ files, request }) {
    empty();
    for (const [name, content] of files) python.FS.writeFile(FOLDER + "/" + name, content);
    const result = JSON.parse(inside.check(JSON.stringify(request)));
    return { ...result, memory: python._module.HEAPU8.length };
  },
  saveResults(request) { return packed(inside.save_results(JSON.stringify(request))); },
  saveCorrected(request) { return packed(inside.save_corrected(JSON.stringify(request))); },
};

function empty() {
  if (!python.FS.analyzePath(FOLDER).exists) python.FS.mkdir(FOLDER);
  for (const name of python.FS.readdir(FOLDER)) if (name !== "." && name !== "..") python.FS.unlink(FOLDER + "/" + name);
}

function packed(answer) {
  const result = JSON.parse(answer);
  return result.path ? { ...result, content: python.FS.readFile(result.path) } : result;
}

self.onmessage = async function (event) {
  const { id, call, argument } = event.data;
  try {
    self.postMessage({ id, value: await CALLS[call](argument) });
  } catch (error) {
    // Of a Python traceback the last line says what happened.
    const lines = String(error && error.message || error).trim().split("\n");
    self.postMessage({ id, fault: lines[lines.length - 1] });
  }
};
