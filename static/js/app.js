// Small behaviours of the design system. Pages work without them where they are forms.
// theme.js comes before and list.js after; the three share their names.
"use strict";

const number = new Intl.NumberFormat(root.lang || "en");
const find = (selector) => document.querySelector(selector);
const byId = (id) => document.getElementById(id);
const on = (type, selector, handle) =>
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) handle(element, event);
  });

// --- Copy buttons ---
on("click", "[data-copy]", async (button) => {
  const label = button.querySelector("[aria-live]");
  button.dataset.label ??= label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Not allowed here: select the text, so that the person's own keys copy it.
    return getSelection().selectAllChildren(button.parentElement.querySelector("code"));
  }
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = button.dataset.label), 2000);
});

// --- Dialogs: `command` where the browser does not know it, and typing a name to confirm ---
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  on("click", "button[commandfor]", (button) => {
    const dialog = byId(button.getAttribute("commandfor"));
    dialog[button.getAttribute("command") === "show-modal" ? "showModal" : "close"]();
  });
}
document.addEventListener("close", ({ target }) => {
  // A dialog opened from a menu returns to the button of that menu, which is still there.
  if (document.activeElement !== document.body && !target.contains(document.activeElement)) return;
  const menu = find(`[commandfor="${target.id}"]`)?.closest("[popover]");
  if (menu) find(`[popovertarget="${menu.id}"]`)?.focus();
}, true);
const checkName = (form) => {
  form.querySelector(".btn-danger").disabled = form.elements.confirmation.value.trim() !== form.dataset.confirm;
};
on("input", "form[data-confirm]", checkName);

// --- Files: drop on the field, see the name ---
on("dragover", "[data-drop]", (zone, event) => {
  event.preventDefault();
  zone.classList.add("over");
});
on("dragleave", "[data-drop]", (zone, event) => {
  if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
});
on("drop", "[data-drop]", (zone, event) => {
  event.preventDefault();
  zone.classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (!file) return;
  const one = new DataTransfer();
  one.items.add(file);
  const input = zone.querySelector("input");
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
on("change", "[data-drop] input", (input) => {
  const name = input.closest("[data-drop]").querySelector("[data-drop-name]");
  name.dataset.empty ??= name.textContent;
  name.textContent = input.files[0]?.name ?? name.dataset.empty;
});

// --- Forms: counters, selects that apply at once, what is not saved yet ---
on("input", "[data-counter]", (input) => {
  const count = find(`[data-count-for="${input.id}"]`);
  if (count) count.textContent = `${number.format(input.value.length)} / ${number.format(count.dataset.max)}`;
});
on("change", "[data-autosubmit]", (input) => input.form.requestSubmit());
const differs = (field) => {
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (/^(checkbox|radio)$/.test(field.type)) return field.checked !== field.defaultChecked;
  return field.type === "file" ? field.files.length > 0 : field.value !== field.defaultValue;
};
const showUnsaved = (form) => {
  const changed = [...form.elements].filter((field) => field.labels?.length && differs(field));
  const names = new Set(changed.map((field) => field.labels[0].firstChild.textContent.trim()));
  form.querySelector(".said").textContent = names.size ? `${form.dataset.unsaved} ${[...names].join(", ")}` : "";
};
on("input", "form[data-unsaved]", showUnsaved);
on("reset", "form[data-unsaved]", (form) => setTimeout(showUnsaved, 0, form));

// --- Forms that take a while: they say so and are sent once; a page that comes back is fresh ---
on("submit", "form[data-busy]", (form, event) => {
  if (form.ariaBusy === "true") return event.preventDefault();
  form.ariaBusy = "true";
  const said = form.querySelector(".said");
  form.dataset.idle = said.textContent;
  said.textContent = form.dataset.busy;
});
addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy=true]").forEach((form) => {
  form.ariaBusy = null;
  form.querySelector(".said").textContent = form.dataset.idle;
}));

// --- Toasts ---
const expire = (toast) => setTimeout(() => {
  if (toast.matches(":hover, :focus-within")) expire(toast);
  else toast.remove();
}, 10000);
const keepTime = (toast) => toast.matches?.("[data-toast]") && !toast.querySelector("a") && expire(toast);
const toasts = find("#toasts");
new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(keepTime)))
  .observe(toasts, { childList: true });
[...toasts.children].forEach(keepTime);
on("click", "[data-dismiss]", (button) => button.closest("[data-toast]").remove());
const failed = () => toasts.append(toasts.querySelector("template").content.cloneNode(true));
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);

// --- Tooltips: on hover and focus as well as on click; Esc closes them ---
const tip = (button) => byId(button.getAttribute("popovertarget"));
const showTip = (button) => !tip(button).matches(":popover-open") && tip(button).showPopover({ source: button });
on("pointerover", ".help", (button, event) => event.pointerType === "mouse" && showTip(button));
on("pointerout", ".help, .tip", (element, event) => {
  const button = element.matches(".help") ? element : find(`[popovertarget="${element.id}"]`);
  if (event.relatedTarget?.closest?.(`#${tip(button).id}`) || button.contains(event.relatedTarget)) return;
  if (document.activeElement !== button) tip(button).hidePopover();
});
on("focusin", ".help", (button) => button.matches(":focus-visible") && showTip(button));
on("focusout", ".help", (button) => tip(button).hidePopover());
on("click", ".help", (button, event) => {
  event.preventDefault();
  showTip(button);
});

// --- Keys: arrows in menus, "/" and "?" ---
const moveInMenu = (event) => {
  const button = event.target.closest("[popovertarget]");
  const menu = event.target.closest(".menu") ?? (button && byId(button.getAttribute("popovertarget")));
  if (!menu?.matches(".menu") || event.target.type === "radio") return;
  event.preventDefault();
  if (!menu.matches(":popover-open")) menu.showPopover({ source: button });
  const items = [...menu.querySelectorAll("a[href], button, input")].filter((item) => item.checkVisibility());
  const here = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(Math.max(here, step < 0 ? 0 : -1) + step + items.length) % items.length]?.focus();
};
const keys = find("[data-shortcuts]");
keys.checked = recall("shortcuts") !== "off";
on("change", "[data-shortcuts]", () => remember("shortcuts", keys.checked ? "" : "off"));
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") return moveInMenu(event);
  if (!keys.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const goal = { "?": find("#shortcuts"), "/": find("main input[type=search]") }[event.key];
  if (!goal || find("dialog:modal")) return;
  event.preventDefault();
  if (event.key === "?") goal.showModal();
  else goal.focus();
});

// --- After the page or a part of it has arrived ---
const ask = (dialog) => {
  // Asked from a menu, which closes now: the focus then returns to the button of that menu.
  const menu = document.activeElement.closest("[popover]");
  dialog.showModal();
  if (menu) dialog.addEventListener("close", () => find(`[popovertarget="${menu.id}"]`)?.focus());
};
const arrive = (part) => {
  part.querySelectorAll("form[data-confirm]").forEach(checkName);
  part.querySelectorAll("dialog[data-open]").forEach(ask);
  const first = part.querySelector("[data-focus]") ?? part.querySelector("[aria-invalid=true]");
  first?.focus();
  return Boolean(first);
};
arrive(document);
document.addEventListener("htmx:beforeSwap", (event) => {
  // Signed out meanwhile: the whole page goes to sign in, not a piece of it.
  const { pathname } = new URL(event.detail.xhr.responseURL || location.href);
  if (pathname !== document.body.dataset.login) return;
  event.detail.shouldSwap = false;
  location.reload();
});
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  const asked = detail.requestConfig?.triggeringEvent;
  if (arrive(target) || !asked || document.activeElement !== document.body) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
});
