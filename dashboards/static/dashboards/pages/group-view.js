/** What the card of a group says: which cards are shown, in neutral words, and how long its report may still wait. Pure. */
import { t } from "../core/i18n.js";

const RULES = {
  statutory: () => t("Serious and alike at this site"),
  burst: () => t("More than usual within half an hour"),
  line_of_sight: () => t("Within sight of each other"),
  lot_contrast: () => t("More after one lot than after the others"),
};

const HYPOTHESES = {
  programme_error: () => t("How the doses were given"),
  quality: () => t("Quality of the product"),
  stress_response: () => t("Shared stress response"),
  coincidence: () => t("Coincidence: illness or surroundings"),
};

const EVIDENCE = {
  one_vaccinator: () => t("one vaccinator"),
  several_vaccinators: () => t("several vaccinators"),
  one_vial: () => t("one vial"),
  several_vials: () => t("several vials"),
  one_lot: () => t("one lot"),
  several_lots: () => t("several lots"),
  lot_stands_out: () => t("this lot stands out"),
  several_sites: () => t("several sites"),
  one_bay: () => t("one bay"),
  one_group: () => t("one school class"),
  pale_without_rash: () => t("pale, no rash"),
  organic_signs: () => t("skin, breathing, gut or fever, or slow to wake"),
  quick_recovery: () => t("quick recovery"),
  slow_recovery: () => t("slow recovery"),
  unvaccinated_ill: () => t("people without a dose are ill too"),
  only_vaccinated_ill: () => t("only people with a dose are ill"),
};

export const ruleText = (rule) => (RULES[rule] ?? (() => rule))();
export const hypothesisText = (kind) => (HYPOTHESES[kind] ?? (() => kind))();
export const evidenceText = (codes) => codes.map((code) => (EVIDENCE[code] ?? (() => code))()).join(", ");

/** Where it is: the bay, class or lot that the rule names, else the whole hall. */
export function placeText({ bay, group, lot }) {
  if (bay) return t("Bay {code}", { code: bay });
  if (group) return t("Class {name}", { name: group });
  return lot ? t("Lot {number}", { number: lot }) : t("Whole hall");
}

/** Observed beside expected, where the rule compares. */
export function countText({ observed, expected }) {
  if (expected === null) return t("{n} people", { n: observed });
  return t("{n} people, {expected} expected", { n: observed, expected: expected < 0.1 ? "< 0.1" : expected.toFixed(1) });
}

const keysOf = (card) => card.members.map((member) => member.reaction);

/**
 * The cards to show, each with the others about the same people: a flurry in one bay is often one of the hall as well.
 * Questions come first, then what was declared; what was put aside is not shown.
 */
export function shownGroups(groups) {
  const open = groups.filter((card) => card.state !== "undeclared");
  const first = (card) => [card.state === "declared" ? 0 : 1, card.rule === "statutory" ? 0 : 1, -card.members.length, card.rule === "burst" ? 1 : 0];
  const heads = [];
  for (const card of [...open].sort((a, b) => compare(first(a), first(b)))) {
    const head = card.state === "proposed" && heads.find((one) => isWithin(card, one.card));
    if (head) head.also.push(card);
    else heads.push({ card, also: [] });
  }
  return heads.sort((a, b) => (a.card.state === "proposed" ? 0 : 1) - (b.card.state === "proposed" ? 0 : 1));
}

function isWithin(card, other) {
  const keys = new Set(keysOf(other));
  return keysOf(card).every((key) => keys.has(key));
}

function compare(a, b) {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at] - b[at];
}

/** What is left of the two hours: `{text, isOver}`, null while no clock runs or once the report is proved. */
export function clockOf(card, now) {
  if (!card.clock_due_at || card.reported_at) return null;
  const left = Date.parse(card.clock_due_at) - now;
  return { text: hours(Math.abs(left)), isOver: left < 0 };
}

function hours(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
