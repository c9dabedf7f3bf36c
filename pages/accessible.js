// How a page is for people who use the keyboard, or who hear it.

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

// At which sides an element, or what is written in it, is cut off: by its own box, or by one that it lies in.
export function cut(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const parts = [element, range].map((one) => one.getBoundingClientRect()).filter(({width}) => width > 0);
  return sides(element, parts);
}

// Words inside an element that are seen in part: the rest is cut off. What is for screen readers alone is not seen.
export function cutWords(root) {
  const seen = ({offsetWidth, offsetHeight}) => offsetWidth > 1 && offsetHeight > 1;
  const found = [];
  const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const node = nodes.currentNode, element = node.parentElement, range = document.createRange();
    range.selectNodeContents(node);
    const parts = [...range.getClientRects()].filter(({width}) => width > 0);
    const visible = element.checkVisibility({visibilityProperty: true, opacityProperty: true}) && seen(element);
    if (node.data.trim() && visible && sides(element, parts).length > 0) { found.push(`“${node.data.trim()}”`); }
  }
  return found;
}

// At which sides one of these places is cut off by the box of an element, or by one that it lies in.
function sides(element, parts) {
  const found = new Set();
  for (let one = element; one !== null && one !== document.body; one = one.parentElement) {
    const {overflowX, overflowY} = getComputedStyle(one), box = one.getBoundingClientRect();
    for (const [side, overflow] of Object.entries({left: overflowX, right: overflowX, top: overflowY, bottom: overflowY})) {
      const outwards = side === "left" || side === "top" ? -1 : 1;
      if (["hidden", "clip"].includes(overflow) && parts.some((part) => outwards * (part[side] - box[side]) > 2)) {
        found.add(side);
      }
    }
  }
  return [...found];
}

// Texts inside an element that are seen, and do not stand out from what lies behind them by 4.5 to 1, as WCAG reckons it.
export function pale(root) {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, channel) => sum + part * [0.2126, 0.7152, 0.0722][channel], 0);
  const behind = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) { return colour; }
    }
    return "rgb(255, 255, 255)";
  };
  return [...root.querySelectorAll("*")]
    .filter((element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !element.matches(":disabled"))
    .map((element) => {
      const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(" ").trim();
      const [own, other] = [light(getComputedStyle(element).color), light(behind(element))];
      return {words, contrast: (Math.max(own, other) + 0.05) / (Math.min(own, other) + 0.05)};
    })
    .filter(({words, contrast}) => words && contrast < 4.5)
    .map(({words, contrast}) => `“${words}” by ${contrast.toFixed(1)} to 1`);
}

// The classes of what moves without an end inside an element.
export function moving(element) {
  return document.getAnimations()
    .filter((one) => one.playState === "running" && one.effect.getComputedTiming().iterations === Infinity)
    .map((one) => one.effect.target)
    .filter((target) => target !== null && element.contains(target))
    .map((target) => target.className);
}
