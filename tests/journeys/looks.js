/** Measure the page, or the sheet that lies over it: returns one sentence per thing a person would trip over. */
() => {
  const found = new Set();
  const sheet = document.querySelector("dialog[open]");
  const name = (e) => `${e.tagName.toLowerCase()}.${e.className} “${(e.textContent || e.name || "").trim().slice(0, 24)}”`;
  const isSeen = (e) =>
    e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(".visually-hidden, .skip-link");
  const seen = [...(sheet ?? document.body).querySelectorAll("*")].filter(isSeen);

  const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (sideways > 0) found.add(`scrolls sideways by ${sideways} px`);

  const controls = seen.filter((e) => e.matches("button, a.button, select, textarea, input:not([type=hidden])"));
  const least = (e) => (e.matches(".help") ? 96 : e.matches(".primary") ? 64 : 48);
  for (const control of controls) {
    const target = control.matches("[type=checkbox], [type=radio]") ? control.closest("label") ?? control : control;
    const { width, height } = target.getBoundingClientRect();
    const isSmall = height < least(control) - 0.5 || width < 47.5;
    if (isSmall) found.add(`target of ${Math.round(width)} × ${Math.round(height)} px: ${name(control)}`);
  }

  const hasWords = (e) => [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  for (const text of seen.filter(hasWords)) {
    const style = getComputedStyle(text);
    const hides = ["hidden", "clip"].includes(style.overflowX);
    const isCut = text.scrollWidth > text.clientWidth + 1 || text.scrollHeight > text.clientHeight + 2;
    if (hides && isCut) found.add(`cut: ${name(text)}`);
    const box = text.getBoundingClientRect();
    const isBeyond = box.left < -1 || box.right > innerWidth + 1;
    if (isBeyond && !text.closest(".table-scroll, svg")) found.add(`beyond the edge: ${name(text)}`);
    if (parseFloat(style.fontSize) < 16 && !text.closest("svg")) found.add(`text of ${style.fontSize}: ${name(text)}`);
  }

  const floats = (e) => {
    for (let a = e; a && a !== sheet; a = a.parentElement) if (/fixed|sticky/.test(getComputedStyle(a).position)) return true;
    return false;
  };
  const boxes = controls.filter((e) => !floats(e)).map((e) => [e, e.getBoundingClientRect()]);
  boxes.forEach(([one, a], index) => {
    for (const [two, b] of boxes.slice(index + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1 && !one.contains(two) && !two.contains(one)) found.add(`${name(one)} lies over ${name(two)}`);
    }
  });
  return [...found];
}
