// Selecting rows of a list: one by one, a range with Shift, the page, or all that match.
"use strict";

let lastRow;
const rows = () => [...document.querySelectorAll("[data-select]")];
const showSelection = () => {
  const bar = find("[data-selection]");
  if (!bar) return;
  const boxes = rows();
  const picked = boxes.filter((box) => box.checked).length;
  const { all_matching: all } = bar.elements;
  if (picked < boxes.length) all.value = "";
  const total = Number(bar.dataset.total);
  bar.classList.toggle("on", picked > 0);
  bar.querySelector("[data-selected]").textContent = (all.value ? bar.dataset.all : bar.dataset.some)
    .replace("%n", number.format(all.value ? total : picked));
  bar.querySelector("[data-select-matching]").hidden = Boolean(all.value) || picked >= total;
  const head = find("[data-select-all]");
  if (!head) return;
  head.checked = picked > 0 && picked === boxes.length;
  head.indeterminate = picked > 0 && picked < boxes.length;
};
const selectRows = (checked, matching = "") => {
  for (const box of rows()) box.checked = checked;
  find("[data-selection]").elements.all_matching.value = matching;
  showSelection();
};
on("click", "[data-select]", (box, event) => {
  const boxes = rows();
  if (event.shiftKey && boxes.includes(lastRow)) {
    const [from, to] = [boxes.indexOf(lastRow), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const other of boxes.slice(from, to + 1)) other.checked = box.checked;
  }
  lastRow = box;
  showSelection();
});
on("click", "[data-select-all]", (head) => selectRows(head.checked));
on("click", "[data-select-matching]", () => selectRows(true, "1"));
on("click", "[data-select-none]", () => {
  selectRows(false);
  find("[data-select-all]").focus();
});
showSelection();
document.addEventListener("htmx:afterSettle", showSelection);
