// Filters the checklist, opens the line that a link names, and opens what failed for the printer.
const form = document.querySelector(".filter");
const lines = [...document.querySelectorAll(".line")];

function matches(line) {
  const {show, target, words} = Object.fromEntries(new FormData(form));
  let asked = 0;
  for (const part of line.querySelectorAll("[data-target]")) {
    part.hidden = Boolean(target) && ![target, "all"].includes(part.dataset.target);
    const classes = part.classList;
    if (part.hidden || !classes.contains("box")) { continue; }
    const open = !["passed", "elsewhere"].some((name) => classes.contains(name));
    const waits = !classes.contains("for-people") || !classes.contains("free");
    if (show === "all" || classes.contains(show) || (show === "open" && open && waits)) { asked += 1; }
  }
  const text = line.querySelector("summary").textContent.toLowerCase();
  return (asked > 0 || show === "all") && words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function filter() {
  const shown = lines.filter((line) => { line.hidden = !matches(line); return !line.hidden; });
  for (const step of document.querySelectorAll(".step")) {
    step.hidden = ![...step.querySelectorAll(".line")].some((line) => !line.hidden);
  }
  form.querySelector("output").textContent = `${shown.length} of ${lines.length} lines`;
}

function follow() {
  const line = document.getElementById(location.hash.slice(1));
  if (!line?.matches(".line")) { return; }
  if (line.hidden || form.target.value) { form.reset(); filter(); }
  line.open = true;
  line.scrollIntoView();
  line.querySelector("summary").focus({preventScroll: true});
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);
// A second click on the same link changes no hash.
document.addEventListener("click", (event) => {
  if (event.target.closest("a")?.getAttribute("href") === location.hash) { follow(); }
});
addEventListener("beforeprint", () => {
  for (const line of document.querySelectorAll(".line.bad")) { line.open = true; }
});
filter();
follow();
