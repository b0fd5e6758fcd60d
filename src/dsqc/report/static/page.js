"use strict";
// Language: #lang=ko in the address, else what was chosen before, else what the page was made for, else the browser's.
(function () {
  const root = document.documentElement;
  const known = ["en", "ko"];
  function stored() { try { return localStorage.getItem("dsqc-lang"); } catch (error) { return null; } }
  function show(language) { root.dataset.lang = language; root.lang = language; }
  function chosen() {
    const match = /(?:^|[#&])lang=(en|ko)\b/.exec(location.hash);
    if (match) return match[1];
    if (known.includes(stored())) return stored();
    if (root.dataset.made) return root.dataset.made;
    return (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";
  }
  show(chosen());
  addEventListener("hashchange", function () { show(chosen()); });
  addEventListener("click", function (event) {
    const button = event.target.closest("[data-set]");
    if (!button) return;
    try { localStorage.setItem("dsqc-lang", button.dataset.set); } catch (error) { /* a page opened from disk may not store */ }
    show(button.dataset.set);
  });
})();
