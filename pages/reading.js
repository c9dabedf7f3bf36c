"use strict";
// What a page gives to read, and to whom.

// Every text of an element, what it hides and what only screen readers tell included.
export function words(root) {
  const found = [], texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.parentElement.closest("script, style, noscript")) { found.push(texts.currentNode.data.trim()); }
  }
  for (const element of [root, ...root.querySelectorAll("*")]) {
    found.push(...["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name)));
  }
  return [...new Set(found.filter(Boolean))];
}

// The page as a language has it that is read from right to left.
export function turn() {
  document.documentElement.dir = "rtl";
  document.body.classList.replace("dir-ltr", "dir-rtl");
}

// Styles of elements that name a side: Moodle turns style sheets round for such a language, and what stands in an element
// stays as it is.
export function sides(root) {
  const SIDED = /^((margin|padding|border)-(left|right)|left|right)$/;
  const found = [];
  for (const {style} of [root, ...root.querySelectorAll("[style]")]) {
    for (const name of style) {
      const value = style.getPropertyValue(name);
      const sided = SIDED.test(name) && !/^(0(px)?|auto)$/.test(value);
      const named = ["text-align", "float", "direction"].includes(name) && ["left", "right", "ltr", "rtl"].includes(value);
      if (sided || named) { found.push(`${name}: ${value}`); }
    }
  }
  if (root.matches("[dir=ltr]") || root.querySelector("[dir=ltr]")) { found.push("dir: ltr"); }
  return [...new Set(found)];
}
