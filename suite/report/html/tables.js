"use strict";
// As the rows come: what is red first, then what is not decided.
const SEVERITY = ["fail", "undecided", "skipped", "deferred", "not compared", "not applicable", "pass"];
// Sorts a table by a column whose header is clicked, and shows the rows that a filter leaves.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const text = row.cells[column].textContent;
        const number = parseFloat(text.replace("−", "-").replace(/^[^\d+-]+/, ""));
        if (head.dataset.sort === "outcomes") return [null, `${SEVERITY.indexOf(text)}`];
        return [Number.isNaN(number) || !/\d/.test(text) ? null : number, text];
      };
      const keyed = [...body.rows].map((row) => [key(row), row]);
      const numbers = head.dataset.sort === "numbers";
      keyed.sort(([a], [b]) => {
        if (numbers && (a[0] === null) !== (b[0] === null)) return a[0] === null ? 1 : -1;
        const order = numbers && a[0] !== null ? a[0] - b[0] : a[1].localeCompare(b[1]);
        return down ? -order : order;
      });
      body.append(...keyed.map(([, row]) => row));
    });
  });
  const form = table.closest("section").querySelector("form.filter");
  if (!form) continue;
  const [words, outcome, count] = form.querySelectorAll("input, select, output");
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      const last = row.cells[row.cells.length - 1].textContent;
      row.hidden = !(wanted.every((word) => text.includes(word)) &&
        (!outcome.value || last === outcome.value));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${body.rows.length} rows`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}
