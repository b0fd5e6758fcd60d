"use strict";
// Filters of the documentation: words, choices, and the package of a form's page (#package=NAME). Without this script
// everything is shown.
(function () {
  const items = Array.from(document.querySelectorAll("[data-item]"));
  const filters = Array.from(document.querySelectorAll("[data-filter]"));
  const packages = document.getElementById("package");
  const required = document.getElementById("required");
  const needed = ["mandatory", "conditional", "one_of_group"];

  function fits(item) {
    if (packages && packages.value && !item.dataset.packages.split(" ").includes(packages.value)) return false;
    if (required && required.checked && !needed.includes(item.dataset.requirement)) return false;
    return filters.every(function (filter) {
      const wanted = filter.value.toLowerCase();
      if (filter.dataset.filter !== "words") return !wanted || item.dataset[filter.dataset.filter] === wanted;
      return wanted.split(/\s+/).every(function (word) { return item.dataset.words.includes(word); });
    });
  }

  function show() {
    let number = 0;
    for (const item of items) {
      item.hidden = !fits(item);
      if (!item.hidden) number += 1;
    }
    for (const part of document.querySelectorAll("[data-within]")) part.hidden = !part.querySelector("[data-item]:not([hidden])");
    for (const count of document.querySelectorAll("[data-count]")) count.textContent = number + " / " + items.length;
    for (const none of document.querySelectorAll("[data-none]")) none.hidden = number > 0;
    if (!packages) return;
    document.body.classList.toggle("one-package", packages.value !== "");
    const chosen = packages.options[packages.value ? packages.selectedIndex : 1].dataset.name;
    for (const name of document.querySelectorAll("[data-package]")) name.textContent = /[^\w-]/.test(chosen) ? '"' + chosen + '"' : chosen;
  }

  // Options hold one text only, so the script puts the language's into them.
  function label() {
    const language = document.documentElement.dataset.lang;
    for (const option of document.querySelectorAll("option[data-en]")) option.textContent = option.dataset[language];
  }

  function named() {
    const match = /(?:^|[#&])package=([^&]*)/.exec(location.hash);
    if (!match || !packages) return;
    const wanted = decodeURIComponent(match[1]);
    for (const option of packages.options) if (option.dataset.name === wanted) packages.value = option.value;
  }

  named();
  new MutationObserver(label).observe(document.documentElement, { attributeFilter: ["data-lang"] });
  addEventListener("hashchange", function () { named(); show(); });
  for (const filter of filters) filter.addEventListener("input", show);
  if (required) required.addEventListener("input", show);
  if (packages) packages.addEventListener("input", function () {
    const name = packages.options[packages.selectedIndex].dataset.name;
    try { history.replaceState(null, "", name ? "#package=" + encodeURIComponent(name) : "#"); } catch (error) { /* from disk */ }
    show();
  });
  label();
  show();
})();
