// What keeps a page busy: its own files, and what Moodle's scripts have announced but for the keys that are known to
// stay. Nothing (null) where there are no scripts of Moodle's.
export function busy(known) {
  const pending = typeof M === "object" && M.util && M.util.pending_js;
  if (!pending) { return null; }
  const loading = document.readyState === "complete" ? [] : ["files of the page itself"];
  return [...loading, ...new Set(pending.filter((key) => !known.includes(key)))];
}

// Whether somebody has answered with an error who is not Moodle: its scripts will not come any more.
function refused() {
  return performance.getEntriesByType("navigation")[0]?.responseStatus >= 400 && !document.scripts.length;
}

// Whether that is nothing, or has been the same keys for so many seconds.
export function rest([still, known]) {
  const seen = busy(known), waited = window.s3videoWaited ||= {};
  if (!seen) { return document.readyState === "complete" && refused() && "refused"; }
  const keys = JSON.stringify(seen), stands = document.readyState === "complete";
  if (waited.keys !== keys) { Object.assign(waited, {keys, since: performance.now()}); }
  if (seen.length && !(stands && performance.now() - waited.since > still * 1000)) { return false; }
  waited.stayed = seen;
  return true;
}

// What answered where no page of Moodle came: its status, 0 where that is not told, and its text.
export function answered() {
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0;
  const text = (document.body?.innerText || "").split(/\s+/).join(" ").trim().slice(0, 200);
  return [status, text];
}

// What notices and complaints about fields say, each in one line.
export function notices() {
  const boxes = [...document.querySelectorAll(".alert, [role=alert], .form-control-feedback, .invalid-feedback")];
  const told = boxes.filter((box) => box.getClientRects().length).map((box) => box.innerText.split(/\s+/).join(" ").trim());
  return [...new Set(told)].filter(Boolean).map((text) => text.slice(0, 300));
}

// What `rest` has ended with; nothing on a page to which a script has led since.
export function stayed() {
  return window.s3videoWaited?.stayed || [];
}

// What boxes say, each in one line: exceptions, and the others.
export function said(boxes, exception) {
  const lines = (kind) => boxes.filter((box) => box.matches(exception) === kind)
    .map((box) => box.innerText.split(/\s+/).join(" ").trim());
  return [lines(true), lines(false)];
}

// All that a page tells people; only some engines count the options of a closed menu among its text.
export function texts() {
  const options = [...document.querySelectorAll("option")].map((option) => option.label);
  const buttons = [...document.querySelectorAll("input:is([type=submit], [type=button], [type=reset])")];
  const attributes = ["placeholder", "title", "aria-label", "alt"].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name)));
  const labels = buttons.map((button) => button.value);
  return [document.title, document.body.innerText, ...options, ...labels, ...attributes].join("\n");
}

// Where an element stands between the left and the right side of the screen, in pixels.
export function place(element) {
  const {left, right} = element.getBoundingClientRect(), width = document.documentElement.clientWidth;
  return {left: Math.round(left), right: Math.round(right), width, fits: left >= -1 && right <= width + 1};
}

// Say yes to those of the dialogues in which Moodle asks, in its own words, whether somebody idle is still there.
export function stay(dialogues) {
  const questions = ["moodle", "core"].map((component) => M.str?.[component]?.sessiontimeoutsoon);
  for (const dialogue of dialogues) {
    if (questions.includes(dialogue.querySelector(".modal-body").textContent.trim())) {
      dialogue.querySelector("[data-action=save]").click();
    }
  }
}
