// The keyboard of the moderation panel, the live preview, and quotes picked in the document. Everything works without.

const typing = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
const keys = document.querySelector("dialog[data-keys]");
const form = (name) => document.querySelector(`form[data-decision="${name}"]`);

function move(step) {
  const beside = document.querySelector(step > 0 ? "a[data-after]" : "a[data-before]");
  if (beside) {
    beside.click();
    return;
  }
  const links = [...document.querySelectorAll("[data-line] .queue-title a")];
  const place = links.indexOf(document.activeElement) + step;
  links[Math.max(0, Math.min(place, links.length - 1))]?.focus();
}

// The first field that still wants something, or the button; opened if it was folded.
function goTo(...names) {
  const target = names.map(form).find(Boolean);
  if (!target) return;
  target.closest("details")?.setAttribute("open", "");
  const fields = [...target.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const empty = fields.find((field) => field.required && !field.value && field.type !== "radio");
  const first = target.dataset.decision === "accept" ? empty : fields[0];
  (first ?? target.querySelector("button")).focus();
  target.scrollIntoView({ block: "nearest" });
}

function takeQuote() {
  const words = String(window.getSelection()).trim();
  const target = document.querySelector("form[data-quoting] [name=quote]") ?? document.querySelector("[name=quote]");
  if (!words || !target) return;
  target.value = words;
  target.dispatchEvent(new Event("input", { bubbles: true }));
  target.focus();
}

const VERBS = {
  j: () => move(1),
  k: () => move(-1),
  a: () => goTo("accept", "take_up", "confirm"),
  x: () => goTo("reject", "decline"),
  m: () => goTo("merge"),
  s: () => goTo("snooze"),
  u: () => goTo("reopen"),
  q: takeQuote,
  l: () => document.querySelector("a[data-back]")?.click(),
  "?": () => keys?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const open = event.target.closest("form[data-decision]");
    open?.requestSubmit(open.querySelector("button"));
    return;
  }
  if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || keys?.open) return;
  const verb = VERBS[event.key];
  if (verb) {
    event.preventDefault();
    verb();
  }
});

// Words selected in the document may be quoted: a button appears beside them.
const quoting = document.querySelector("button[data-take-quote]");
document.addEventListener("selectionchange", () => {
  if (!quoting) return;
  const anchor = window.getSelection().anchorNode?.parentElement;
  quoting.hidden = !(anchor?.closest(".moderation-text") && String(window.getSelection()).trim());
});
quoting?.addEventListener("mousedown", (event) => event.preventDefault());
quoting?.addEventListener("click", takeQuote);
document.addEventListener("focusin", (event) => {
  const inside = event.target.closest("form[data-decision]");
  if (!inside?.querySelector("[name=quote]")) return;
  document.querySelectorAll("form[data-quoting]").forEach((each) => delete each.dataset.quoting);
  inside.dataset.quoting = "";
});

// What accepting would do, as it is typed.
const accept = form("accept");
const outlook = document.querySelector("[data-outlook]");
let waiting;
let asked = 0;
async function preview() {
  const told = new FormData(accept);
  told.set("preview", "1");
  told.set("fragment", "1");
  const mine = ++asked;
  const answer = await fetch(window.location.href, { method: "POST", body: told, credentials: "same-origin" });
  if (!answer.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  outlook.replaceChildren(...page.body.childNodes);
}
accept?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(preview, 300);
});
