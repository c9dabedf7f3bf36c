// How a page is for people who use the keyboard, or who hear it.

// What tells that an element has the focus, or might.
export function look(element) {
  const {outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, color} = getComputedStyle(element);
  const outline = outlineStyle === "none" || outlineWidth === "0px" ? "" : `${outlineStyle} ${outlineWidth} ${outlineColor}`;
  return [outline, boxShadow, borderColor, backgroundColor, color].join(" | ");
}

// Puts the keyboard's place at the beginning of the page's own part.
export function begin() {
  const main = document.querySelector("[role=main], main") || document.body;
  main.tabIndex = -1;
  main.focus();
}

// Whether the focus is on what the selector names.
export function at(selector) {
  return document.activeElement !== null && document.activeElement.matches(selector);
}

// What has the focus; nothing where it is lost.
export function where() {
  const element = document.activeElement;
  return element === null || element === document.body ? "" : element.tagName.toLowerCase();
}

// Whether what is written into an element is read out: it, or what holds it, is a live region.
export function live(element) {
  return element.closest("[aria-live=polite], [aria-live=assertive], [role=alert], [role=status], [role=log]") !== null;
}

// Whether a figure in per cent is shown inside an element, or a bar that does not look like what it lies in.
export function progress(root) {
  const shown = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const figure = [...root.querySelectorAll("*")].some((element) => shown(element)
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && /\d\s*%/.test(node.data)));
  const bar = root.querySelector("[role=progressbar], progress");
  if (figure || bar === null || !shown(bar)) { return figure; }
  const [own, around] = [getComputedStyle(bar), getComputedStyle(bar.parentElement)];
  return own.backgroundColor !== around.backgroundColor || own.borderTopWidth !== "0px";
}

// The classes of what moves without an end inside an element.
export function moving(element) {
  return document.getAnimations()
    .filter((one) => one.playState === "running" && one.effect.getComputedTiming().iterations === Infinity)
    .map((one) => one.effect.target)
    .filter((target) => target !== null && element.contains(target))
    .map((target) => target.className);
}
