// Filters defects and checklist, opens what a link names, enlarges pictures, copies tickets, and opens what failed for
// the printer. Without it the page is whole, and folded.
const defects = [...document.querySelectorAll(".defect")];
const narrow = document.querySelector(".filter.narrow");
const wide = document.querySelector(".filter.wide");
const lines = [...document.querySelectorAll("details.line")];
const dialog = document.querySelector("dialog");

// -- defects ---------------------------------------------------------------------------------------

function choose() {
  const severity = new FormData(narrow).get("severity");
  for (const defect of defects) { defect.hidden = Boolean(severity) && defect.dataset.severity !== severity; }
  for (const heading of document.querySelectorAll("#defects > h2")) {
    const mine = defects.filter((defect) => defect.dataset.stops === heading.dataset.stops);
    const shown = mine.filter((defect) => !defect.hidden).length;
    heading.querySelector(".shown").textContent = severity && mine.length ? `, ${shown} of them ${severity}` : "";
  }
}

if (narrow) {
  narrow.hidden = false;
  narrow.addEventListener("input", choose);
  narrow.addEventListener("submit", (event) => event.preventDefault());
  narrow.querySelector(".open-all").addEventListener("click", ({target}) => {
    const open = defects.some((defect) => !defect.open);
    for (const defect of defects) { defect.open = open; }
    target.textContent = open ? "Close all" : "Open all";
  });
}

async function copy(button) {
  const ticket = button.parentElement;
  const text = ticket.querySelector("pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
    ticket.querySelector("output").textContent = "Copied.";
  } catch {
    // Not every browser lets a page from a disk write there: the text is chosen, for the keyboard.
    ticket.querySelector("details").open = true;
    getSelection().selectAllChildren(text);
    ticket.querySelector("output").textContent = "Chosen below: copy it with your keyboard.";
  }
}

function enlarge(shot) {
  const [large, small] = [dialog.querySelector("img"), shot.querySelector("img")];
  large.src = small.src;
  large.alt = small.alt;
  dialog.querySelector("p").textContent = small.alt;
  dialog.showModal();
}

// -- the checklist ---------------------------------------------------------------------------------

function asked(box, show) {
  const classes = box.classList;
  const settled = ["passed", "elsewhere", "free"].some((name) => classes.contains(name));
  switch (show) {
    case "attention": return !settled;
    case "judged": return !classes.contains("for-people") && !classes.contains("elsewhere");
    case "for-people": return classes.contains("for-people");
    default: return true;
  }
}

function matches(line) {
  const {show, target, words} = Object.fromEntries(new FormData(wide));
  let found = 0;
  for (const part of line.querySelectorAll("[data-target]")) {
    part.hidden = Boolean(target) && ![target, "all"].includes(part.dataset.target);
    if (!part.hidden && part.classList.contains("box") && asked(part, show)) { found += 1; }
  }
  const text = line.querySelector("summary").textContent.toLowerCase();
  return (found > 0 || show === "all") && words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function filter(event) {
  const shown = lines.filter((line) => { line.hidden = !matches(line); return !line.hidden; });
  for (const part of document.querySelectorAll(".step, .phase")) {
    const mine = [...part.querySelectorAll("details.line")].some((line) => !line.hidden);
    part.hidden = !mine;
    // Who filters wants to see what is left.
    if (event && part.matches(".phase")) { part.open = mine; }
  }
  wide.querySelector("output").textContent = `${shown.length} of ${lines.length} lines shown`;
}

wide.hidden = false;
wide.addEventListener("input", filter);
wide.addEventListener("submit", (event) => event.preventDefault());

// -- links -----------------------------------------------------------------------------------------

function reset(target, every) {
  wide.elements.show.value = every;
  wide.elements.target.value = target ?? "";
  wide.elements.words.value = "";
  filter();
}

function follow() {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (place?.matches("#signed, #unjudged")) { place.querySelector("details").open = true; }
  if (!place?.matches("details.line, .step, .defect")) { return; }
  if (place.matches(".defect")) {
    narrow.reset();
    choose();
  } else if (place.hidden || wide.elements.target.value) {
    reset("", "all");
  }
  for (const around of [place, place.closest(".phase")]) {
    if (around?.matches("details")) { around.open = true; }
  }
  place.scrollIntoView();
  (place.querySelector(":scope > summary") ?? place).focus({preventScroll: true});
}

addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const shot = event.target.closest("button.shot");
  if (shot) { enlarge(shot); }
  if (event.target.matches(".copy")) { copy(event.target); }
  if (event.target === dialog) { dialog.close(); }
  if (link?.closest("#matrix")) {
    const chosen = [...wide.elements.target.options].some((option) => option.value === link.dataset.target);
    reset(chosen ? link.dataset.target : "", "judged");
    const step = document.getElementById(link.hash.slice(1));
    step.closest(".phase").open = true;
    // The hash may be the same as before, and then nothing else follows it.
    event.preventDefault();
    history.replaceState(null, "", link.hash);
    step.scrollIntoView();
    step.focus({preventScroll: true});
  } else if (link && link.getAttribute("href") === location.hash) {
    follow();
  }
});
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll(".defect, .phase, #signed > details")) { one.open = true; }
});
filter();
follow();
