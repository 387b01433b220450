/** Texts in the reader's language: the page carries its catalogue, English words are the keys. */

let catalogue = null;

/** Use this catalogue (`{English: translation}`) from now on; tests and workers call it. */
export function setCatalogue(texts) {
  catalogue = texts ?? {};
}

/** Return the document under `id` that Django's `json_script` wrote, or `fallback`. */
export function jsonScript(id, fallback = {}) {
  const element = globalThis.document?.getElementById(id);
  return element ? JSON.parse(element.textContent) : fallback;
}

/** Return `msgid` in the reader's language, its `{name}` places filled from `vars`. */
export function t(msgid, vars = {}) {
  catalogue ??= jsonScript("catalogue");
  return fill(catalogue[msgid] || msgid, vars);
}

/** Fill `{name}` places; a place without a value stays visible rather than vanishing. */
export function fill(text, vars) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in vars ? String(vars[name]) : place));
}

/** Return the word for a code that the server sent (a sign, a role, a flag); the code itself when there is none. */
export function word(code) {
  catalogue ??= jsonScript("catalogue");
  return catalogue[code] || String(code);
}

/** Return what a row is called in the reader's language: `name` and, where it has one, `name_en`. */
export function named(row, field) {
  const isEnglish = globalThis.document?.documentElement.lang.startsWith("en");
  return (isEnglish && row[`${field}_en`]) || row[field];
}
