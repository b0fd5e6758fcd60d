"use strict";
// The table of submissions: open a row, filter by outcome and words, sort by a column. A submission is a <tbody>.
(function () {
  const table = document.getElementById("submissions");
  const bodies = Array.from(table.tBodies);
  const words = bodies.map(function (body) { return body.rows[0].textContent.toLowerCase(); });
  const filter = document.getElementById("filter");
  let outcome = "";

  function show() {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    bodies.forEach(function (body, index) {
      const fits = (!outcome || body.dataset.outcome === outcome) && wanted.every(function (word) { return words[index].includes(word); });
      body.hidden = !fits;
      if (fits) number += 1;
    });
    document.getElementById("shown").textContent = number + " / " + bodies.length;
    document.getElementById("none").hidden = number > 0;
  }

  function toggle(button) {
    const detail = button.closest("tbody").rows[1];
    detail.hidden = !detail.hidden;
    button.setAttribute("aria-expanded", String(!detail.hidden));
  }

  function sort(button) {
    const heading = button.parentElement;
    const key = Number(button.dataset.key);
    const down = heading.getAttribute("aria-sort") === "ascending";
    const sign = down ? -1 : 1;
    const number = button.dataset.kind === "number";
    const value = new Map(bodies.map(function (body) { return [body, body.rows[0].cells[key].dataset.v]; }));
    for (const other of table.tHead.rows[0].cells) { if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none"); }
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const ordered = bodies.slice().sort(function (a, b) {
      return sign * (number ? value.get(a) - value.get(b) : value.get(a).localeCompare(value.get(b)));
    });
    table.append.apply(table, ordered);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("open")) toggle(button);
    else if (button.classList.contains("sort")) sort(button);
    else if (button.classList.contains("tile")) {
      outcome = outcome === button.dataset.outcome ? "" : button.dataset.outcome;
      document.querySelectorAll(".tile").forEach(function (tile) { tile.setAttribute("aria-pressed", String(tile.dataset.outcome === outcome)); });
      show();
    }
  });
  filter.addEventListener("input", show);
  show();
})();
