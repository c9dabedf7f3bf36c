"use strict";
// The parts of Moodle's page scripts that tests meet: pending list, services, tours, password toggle, double submits.
M.util.js_pending = (name) => { M.util.pending_js.push(name); return M.util.pending_js.length; };
M.util.js_complete = (name) => {
  const at = M.util.pending_js.indexOf(name);
  if (at >= 0) { M.util.pending_js.splice(at, 1); }
  return M.util.pending_js.length;
};
M.util.js_pending("init");

M.replica = {
  fault: (name) => M.cfg.faults.includes(name),

  async pending(name, work) {
    M.util.js_pending(name);
    try { return await work(); } finally { M.util.js_complete(name); }
  },

  async call(methodname, args) {
    const response = await fetch(`${M.cfg.wwwroot}/lib/ajax/service.php?sesskey=${M.cfg.sesskey}&info=${methodname}`, {
      method: "POST",
      headers: {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"},
      body: JSON.stringify([{index: 0, methodname, args}]),
    });
    const [answer] = await response.json();
    if (answer.error) { throw new Error(answer.exception.message); }
    return answer.data;
  },

  // Moodle draws the password field again, with a toggle, once its scripts are there: typed text is lost.
  require(name, id) {
    M.replica.pending(name, async () => {
      const html = await (await fetch(`${M.cfg.wwwroot}/theme/replica/toggle.html`)).text();
      const field = document.getElementById(id);
      const holder = document.createElement("div");
      holder.innerHTML = html;
      holder.querySelector("slot").replaceWith(field.cloneNode(true));
      field.outerHTML = holder.innerHTML;
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest(".toggle-sensitive-btn")) {
        const field = document.getElementById(id);
        field.type = field.type === "password" ? "text" : "password";
      }
    });
  },

  tourIds: ["", "dashboard", "mycourses", "course_student", "course_teacher", "assign_student", "assign_grading"],

  async startTour(name) {
    const tourid = M.replica.tourIds.indexOf(name);
    const context = {tourid, context: M.cfg.contextid, pageurl: location.href};
    const {tourconfig} = await M.replica.call("tool_usertours_fetch_and_start_tour", context);
    if (!tourconfig) { return; }
    const backdrop = document.createElement("div");
    backdrop.dataset.flexitour = "backdrop";
    const container = document.createElement("span");
    container.dataset.flexitour = "container";
    container.setAttribute("role", "dialog");
    container.innerHTML = `<div class="modal-dialog" role="document" data-role="flexitour-step"><div class="modal-content">
      <div class="modal-body" data-placeholder="body"></div>
      <div class="modal-footer"><button type="button" class="btn btn-primary" data-role="next">Next</button>
      <button type="button" class="btn btn-secondary" data-role="end"></button></div></div></div>`;
    const next = container.querySelector("[data-role=next]");
    const end = container.querySelector("[data-role=end]");
    let number = 0;
    const show = () => {
      const step = tourconfig.steps[number];
      const last = number === tourconfig.steps.length - 1;
      container.querySelector("[data-placeholder=body]").textContent = step.content;
      next.hidden = last;
      end.textContent = last ? "Got it" : tourconfig.endtourlabel;
      const shown = {tourid, context: M.cfg.contextid, pageurl: location.href, stepid: step.stepid, stepindex: number};
      M.replica.pending("tour-step", () => M.replica.call("tool_usertours_step_shown", shown));
    };
    next.addEventListener("click", () => { number += 1; show(); });
    end.addEventListener("click", () => {
      backdrop.remove();
      container.remove();
      const done = {tourid, context: M.cfg.contextid, pageurl: location.href, stepid: number + 1, stepindex: number};
      M.replica.pending("tour-end", () => M.replica.call("tool_usertours_complete_tour", done));
    });
    document.body.append(backdrop, container);
    show();
  },
};

document.addEventListener("DOMContentLoaded", () => {
  const tour = document.body.dataset.tour;
  if (tour && !document.body.classList.contains("notloggedin")) { M.replica.pending(`tour:${tour}`, () => M.replica.startTour(tour)); }
});

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest(`[${M.cfg.dataPrefix}dismiss=alert]`);
  if (dismiss) { dismiss.closest(".alert").remove(); }
  const tab = event.target.closest(`[${M.cfg.dataPrefix}toggle=tab]`);
  if (tab) {
    event.preventDefault();
    document.querySelectorAll(`[${M.cfg.dataPrefix}toggle=tab]`).forEach((other) => other.classList.toggle("active", other === tab));
    document.querySelectorAll(".tab-pane").forEach((pane) => {
      pane.classList.toggle("active", `#${pane.id}` === tab.getAttribute("href"));
    });
  }
  const toggle = event.target.closest(`[${M.cfg.dataPrefix}toggle=dropdown]`);
  document.querySelectorAll(".dropdown-menu").forEach((menu) => {
    const own = toggle && toggle.parentElement.contains(menu);
    menu.classList.toggle("show", Boolean(own) && !menu.classList.contains("show"));
    menu.parentElement.querySelector(`[${M.cfg.dataPrefix}toggle=dropdown]`).setAttribute("aria-expanded", menu.classList.contains("show"));
  });
  if (toggle) { event.preventDefault(); }
});

// A box that must be ticked is asked for here already; the server asks again.
document.addEventListener("submit", (event) => {
  const unticked = [...event.target.querySelectorAll("[type=checkbox][aria-required=true]")].filter((box) => !box.checked);
  if (!unticked.length || event.submitter?.dataset.cancel) { return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  unticked.forEach((box) => {
    const error = document.getElementById(`id_error_${box.name}`);
    error.textContent = "You are required to agree to this statement before you can submit.";
    error.style.display = "block";
  });
});

// Moodle blocks the second submit of a form.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.submitted) { event.preventDefault(); }
  event.target.dataset.submitted = "1";
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) { document.querySelectorAll("form").forEach((form) => delete form.dataset.submitted); }
});

// A secret among the settings stays hidden until it is to be edited.
document.addEventListener("click", (event) => {
  const edit = event.target.closest("[data-passwordunmask=edit]");
  if (!edit) { return; }
  event.preventDefault();
  edit.parentElement.querySelector("[data-passwordunmask=editor] input").classList.remove("d-none");
  edit.remove();
});
