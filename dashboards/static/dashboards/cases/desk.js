/** The worklist by keyboard, and ticking a whole page; without it links and boxes do the same. */
import { t } from "../core/i18n.js";
import { actOf, moved, overall } from "./keys.js";

const lines = [...document.querySelectorAll("[data-case]")];
const boxes = lines.map((line) => line.querySelector("input[name='case']"));
const legend = document.querySelector("[data-keys]");
const all = document.querySelector("[data-select-all]");

const here = () => lines.findIndex((line) => line.contains(document.activeElement));
const linkOf = (line) => line.querySelector("a");

const DO = {
  next: (act) => go(act),
  previous: (act) => go(act),
  tick: () => tick(here()),
  search: () => document.querySelector("input[name='q']")?.focus(),
  legend: () => showLegend(),
};

function go(act) {
  const line = lines[moved(act, here(), lines.length)];
  if (!line) return;
  linkOf(line).focus();
  line.scrollIntoView({ block: "nearest" });
}

function tick(at) {
  if (at < 0) return;
  boxes[at].checked = !boxes[at].checked;
  paint();
}

function showLegend() {
  legend.open = !legend.open;
  if (legend.open) legend.querySelector("summary").focus();
}

function paint() {
  const ticked = boxes.filter((box) => box.checked).length;
  Object.assign(all.querySelector("input"), overall(ticked, boxes.length));
  all.querySelector("[data-count]").textContent = t("{count} ticked", { count: ticked });
}

/** Enter opens the line that has the focus, also from its check box; a focused link opens itself. */
function open(event) {
  const at = here();
  if (at < 0 || event.target.closest("a, button, summary")) return;
  event.preventDefault();
  linkOf(lines[at]).click();
}

document.addEventListener("keydown", (event) => {
  const act = actOf(event);
  if (act === "open") open(event);
  else if (act) {
    event.preventDefault();
    DO[act](act);
  }
});

if (boxes.length) {
  all.hidden = false;
  all.querySelector("input").addEventListener("change", ({ target }) => {
    for (const box of boxes) box.checked = target.checked;
    paint();
  });
  document.addEventListener("change", ({ target }) => boxes.includes(target) && paint());
  paint();
}
