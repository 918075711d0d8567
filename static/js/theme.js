// Runs before the first paint, so that a chosen theme never flashes. Also says that scripts run here.
document.documentElement.classList.add("has-js");
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme is used.
}
