"use strict";
// Only columns whose name or label holds the words. A row that is linked to is unfolded.
(function () {
  const columns = Array.from(document.querySelectorAll(".card, .plain tbody tr"));
  const filter = document.getElementById("filter");

  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    columns.forEach(function (column) {
      const name = column.firstElementChild.textContent.toLowerCase();
      column.hidden = !words.every(function (word) { return name.includes(word); });
    });
  }

  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    if (target.hidden) { filter.value = ""; show(); }
    if (folded || target.matches(".card")) target.scrollIntoView();
  }

  filter.addEventListener("input", show);
  addEventListener("hashchange", unfold);
  show();
  unfold();
})();
