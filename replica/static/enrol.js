"use strict";
// The dialogue behind "Enrol users": search, choose, save; its list of suggestions closes half a second after a choice.
document.querySelector(".enrolusersbutton button").addEventListener("click", () => {
  const {course, enrolid} = document.querySelector(".enrolusersbutton").dataset;
  const modal = document.createElement("div");
  modal.className = "modal show";
  modal.innerHTML = `<div class="modal-dialog" role="dialog" aria-label="Enrol users"><div class="modal-content">
    <div class="modal-body"><div data-fieldtype="autocomplete">
      <div class="form-autocomplete-selection"></div>
      <input type="text" id="form_autocomplete_input-1" role="combobox" placeholder="Search" aria-expanded="false">
      <ul class="form-autocomplete-suggestions" role="listbox" id="form_autocomplete_suggestions-1" hidden></ul></div></div>
    <div class="modal-footer"><button type="button" class="btn btn-primary" data-action="save">Enrol users</button>
      <button type="button" class="btn btn-secondary" data-action="cancel">Cancel</button></div></div></div>`;
  const [chosen, search, list] = [".form-autocomplete-selection", "input", "ul"].map((part) => modal.querySelector(part));
  search.addEventListener("input", () => M.replica.pending("form-autocomplete", async () => {
    const query = {courseid: course, enrolid, search: search.value, searchanywhere: true, page: 0, perpage: 30};
    const people = await M.replica.call("core_enrol_get_potential_users", query);
    list.replaceChildren(...people.map((person) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.dataset.value = person.id;
      item.textContent = person.fullname;
      return item;
    }));
    list.hidden = false;
  }));
  list.addEventListener("click", (event) => {
    const item = document.createElement("span");
    item.setAttribute("role", "option");
    item.dataset.value = event.target.dataset.value;
    item.textContent = event.target.textContent;
    chosen.append(item);
    M.util.js_pending("form-autocomplete:close");
    setTimeout(() => { list.hidden = true; M.util.js_complete("form-autocomplete:close"); }, 500);
  });
  modal.querySelector("[data-action=cancel]").addEventListener("click", () => modal.remove());
  modal.querySelector("[data-action=save]").addEventListener("click", () => M.replica.pending("enrol", async () => {
    const form = new URLSearchParams({enrolid, add: "1", roleid: "5", sesskey: M.cfg.sesskey});
    chosen.querySelectorAll("[data-value]").forEach((item) => form.append("addselect[]", item.dataset.value));
    if (!M.replica.fault("enrolment-without-effect")) { await fetch(`${M.cfg.wwwroot}/enrol/manual/manage.php`, {method: "POST", body: form}); }
    modal.remove();
    location.reload();
  }));
  document.body.append(modal);
});
