// Runs before the first paint, so that a chosen theme never flashes, and says that scripts run here.
// app.js, which comes later, remembers its own choices through `recall` and `remember` too.
"use strict";

const root = document.documentElement;
const recall = (key) => {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // Storage may be forbidden.
  }
};
const remember = (key, value) => {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // The choice then lasts for this page.
  }
};
const wear = (theme) => {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
};

root.classList.add("has-js");
wear(recall("theme"));
document.addEventListener("DOMContentLoaded", () => {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) choice.checked = choice.value === recall("theme");
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-theme-choice]")) return;
  remember("theme", target.value);
  wear(target.value);
});
