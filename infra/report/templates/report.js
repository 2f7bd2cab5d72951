// The run's page: a filter that lives in the URL, keys, and scenarios' pages shown in place.
// Without it everything is readable: details open, and what was seen is a link away.
"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = document.getElementById("filter");
const rows = all("#claims [data-outcome]").map((element) => ({
  element,
  outcome: element.dataset.outcome,
  took: Number(element.dataset.took || 0),
  article: element.closest("[data-article]").dataset.article,
  text: element.textContent.toLowerCase(),
}));

// What is asked for: {outcome: [...], article, text, least}, and `at`, an anchor.
function fromHash() {
  const hash = location.hash.slice(1);
  if (hash && !hash.includes("=")) return { at: decodeURIComponent(hash) };
  const asked = new URLSearchParams(hash);
  const outcome = (asked.get("outcome") || "").split(",").filter(Boolean);
  return { outcome, ...Object.fromEntries(["article", "text", "least", "at"].map((name) => [name, asked.get(name) || ""])) };
}

function fromForm() {
  const outcome = all("[name=outcome]:checked", form).map((box) => box.value);
  return { outcome, article: form.article.value, text: form.text.value.trim(), least: form.least.value };
}

function toHash(asked) {
  const told = new URLSearchParams();
  if (asked.outcome.length) told.set("outcome", asked.outcome.join(","));
  for (const name of ["article", "text", "least"]) if (asked[name]) told.set(name, asked[name]);
  if (asked.at) {
    if (![...told].length) return "#" + asked.at;
    told.set("at", asked.at);
  }
  return [...told].length ? "#" + told.toString().replaceAll("%2C", ",") : "";
}

function fill(asked) {
  for (const box of all("[name=outcome]", form)) box.checked = asked.outcome.includes(box.value);
  for (const name of ["article", "text", "least"]) form[name].value = asked[name];
}

function matches(row, asked) {
  const words = asked.text.toLowerCase().split(/\s+/);
  return (!asked.outcome.length || asked.outcome.includes(row.outcome))
    && (!asked.article || row.article === asked.article)
    && row.took >= Number(asked.least || 0)
    && words.every((word) => row.text.includes(word));
}

function apply(asked) {
  const active = toHash({ ...asked, at: "" }) !== "";
  let count = 0;
  for (const row of rows) {
    const shown = matches(row, asked);
    row.element.hidden = !shown;
    count += shown;
  }
  for (const fold of all("#claims details.untried")) {
    fold.hidden = !all("li:not([hidden])", fold).length;
    fold.open = active && !fold.hidden;
  }
  for (const holder of all("#claims section, #claims .of-part")) {
    holder.hidden = active && !all("[data-outcome]:not([hidden])", holder).length;
  }
  form.querySelector("output").textContent = active ? `${count} of ${rows.length} claims` : `${rows.length} claims`;
  form.classList.toggle("active", active);
}

function keep(asked) {
  history.replaceState(null, "", location.pathname + location.search + toHash(asked));
}

function reach(id) {
  const target = id && document.getElementById(id);
  if (!target) return false;
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target.scrollIntoView({ behavior: "instant" });
  return true;
}

// An anchor keeps the filter, unless the filter hides where it leads.
function arrive() {
  let asked = fromHash();
  if (!asked.outcome) {
    asked = { ...fromForm(), at: asked.at };
    const target = document.getElementById(asked.at);
    if (target && target.closest("[hidden]")) asked = { outcome: [], article: "", text: "", least: "", at: asked.at };
    keep(asked);
  }
  fill(asked);
  apply(asked);
  if (!reach(asked.at) && form.classList.contains("active")) document.getElementById("claims").scrollIntoView();
}

function changed() {
  const asked = fromForm();
  apply(asked);
  keep(asked);
}

form.hidden = false;
form.addEventListener("input", changed);
form.addEventListener("reset", () => setTimeout(changed));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", arrive);

// Keys, where nobody is typing.
function step(way) {
  const shown = all("#claims details.claim > summary").filter((one) => one.offsetParent);
  const here = shown.indexOf(document.activeElement);
  const edge = form.getBoundingClientRect().bottom;
  const first = shown.findIndex((one) => one.getBoundingClientRect().top >= edge - 1);
  const next = shown[here >= 0 ? here + way : way > 0 ? first : first - 1];
  if (next) {
    next.focus({ preventScroll: true });
    next.parentElement.scrollIntoView({ block: "start", behavior: "instant" });
  }
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && form.classList.contains("active")) form.reset();
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  if (event.key === "/") form.text.focus();
  else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
});

// What was seen: a page from disk may not be read, but it may tell what it has.
const asking = new Map();
function ask(link) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = link.getAttribute("href");
  asking.set(frame, link);
  document.body.append(frame);
}

addEventListener("message", (event) => {
  for (const [frame, link] of asking) {
    if (event.source !== frame.contentWindow) continue;
    const seen = document.createElement("div");
    seen.innerHTML = event.data;
    for (const one of all("[href^='../']", seen)) one.setAttribute("href", one.getAttribute("href").slice(3));
    link.before(seen);
    link.textContent = "on a page of its own";
    asking.delete(frame);
    frame.remove();
    mark();
  }
});

const near = new IntersectionObserver((found) => {
  for (const one of found) {
    if (!one.isIntersecting) continue;
    near.unobserve(one.target);
    ask(one.target.querySelector("a"));
  }
}, { rootMargin: "200px" });
all(".seen").forEach((one) => near.observe(one));

// The contents name where one is.
const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
const places = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
function mark() {
  const shown = places.filter((one) => !one.closest("[hidden]"));
  const above = shown.filter((one) => one.getBoundingClientRect().top < innerHeight / 3);
  const here = above.sort((a, b) => a.compareDocumentPosition(b) & 4 ? -1 : 1).at(-1) || shown[0];
  for (const [id, link] of links) {
    if (here && id === here.id) {
      if (link.getAttribute("aria-current")) return;
      link.setAttribute("aria-current", "true");
      const bar = link.closest("nav");
      bar.scrollTo({ left: link.offsetLeft - bar.clientWidth / 2, top: link.offsetTop - bar.clientHeight / 2 });
    } else link.removeAttribute("aria-current");
  }
}
let waiting = 0;
addEventListener("scroll", () => { if (!waiting) waiting = setTimeout(() => { waiting = 0; mark(); }, 100); }, { passive: true });

arrive();
mark();
