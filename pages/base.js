export function idle() {
  return document.readyState === "complete"
    && typeof M === "object" && M.util && (M.util.pending_js || []).length === 0;
}

export function pending() {
  return typeof M === "object" && M.util ? M.util.pending_js : "no Moodle page";
}

// All that a page tells people; only some engines count the options of a closed menu among its text.
export function texts() {
  const options = [...document.querySelectorAll("option")].map((option) => option.label);
  const attributes = ["placeholder", "title", "aria-label"].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name)));
  return [document.body.innerText, ...options, ...attributes].join("\n");
}

// Where an element stands between the left and the right side of the screen, in pixels.
export function place(element) {
  const {left, right} = element.getBoundingClientRect(), width = document.documentElement.clientWidth;
  return {left: Math.round(left), right: Math.round(right), width, fits: left >= -1 && right <= width + 1};
}

// Whether a dialogue is Moodle's question, in its own words, whether somebody who has been idle is still there.
export function asksWhoIsThere(dialogue) {
  const said = dialogue.querySelector(".modal-body").textContent.trim();
  return ["moodle", "core"].some((component) => M.str?.[component]?.sessiontimeoutsoon === said);
}
