// What opens the outermost fold that hides an element, once each: a summary, or what says that it controls that part.
export function opener(element) {
  const used = window.s3videoOpened ||= new Set();
  const folds = [];
  for (let part = element; part; part = part.parentElement) { folds.unshift(part); }
  for (const fold of folds.filter((part) => part.id || part.matches("details:not([open])"))) {
    const name = CSS.escape(fold.id);
    const control = fold.matches("details:not([open])") ? fold.querySelector("summary") : !fold.checkVisibility() && [...document.querySelectorAll(
      `[aria-controls~="${name}"], [href="#${name}"], [data-target="#${name}"], [data-bs-target="#${name}"]`)]
      .find((one) => one.checkVisibility());
    if (control && !used.has(control)) {
      used.add(control);
      return control;
    }
  }
  return null;
}

// Where the log-in form sends what is typed into a field of it, and how. What a form's inputs are called must not matter.
export function target(field) {
  const form = field.form;
  const button = document.querySelector("#loginbtn");
  const said = (name) => button?.getAttribute(`form${name}`) ?? (form && Element.prototype.getAttribute.call(form, name));
  return `${(said("method") ?? "get").toLowerCase()} to ${new URL(said("action") || location.href, document.baseURI)}`;
}
