"use strict";
// The grader: one page, its content fetched for the chosen student.
(() => {
  const grade = document.querySelector("[data-region=grade]");
  const select = document.getElementById("change-user-select");
  const info = document.querySelector("[data-region=user-info]");
  const actions = document.querySelector("[data-region=grading-actions-form]");
  const overlay = document.querySelector("[data-region=overlay]");

  // The plugin's script puts the player beside what the fragment has of the student's submission.
  const putPlayerBeside = (link) => {
    const asked = new URL(link.href, location).searchParams;
    const box = (name, ...inside) => {
      const made = document.createElement("div");
      made.className = name;
      made.append(...inside);
      return made;
    };
    const loading = document.createElement("p");
    loading.textContent = "Loading video player...";
    const container = box("s3video-player-container", box("s3video-loading", loading));
    Object.assign(container.dataset, {s3Key: asked.get("s3key"), submissionId: asked.get("id")});
    const right = box("s3video-right-column", ...grade.childNodes);
    right.id = "s3video-grading-panel";
    const left = box("s3video-left-column", box("s3video-player-wrapper", container));
    grade.replaceChildren(box("s3video-two-column-layout", left, right));
  };

  const load = (userid) => M.replica.pending("mod_assign/grading_panel", async () => {
    if (!Number(userid)) {
      grade.textContent = "Nobody is enrolled as a student.";
      info.textContent = "";
      return;
    }
    const {html} = await M.replica.call("core_get_fragment", {
      component: "mod_assign", callback: "gradingpanel", contextid: Number(grade.dataset.contextid),
      args: [{name: "userid", value: userid}, {name: "attemptnumber", value: -1}, {name: "jsonformdata", value: '""'}],
    });
    const before = M.replica.fault("player-stays-for-the-next") && grade.querySelector(".s3video-left-column");
    grade.innerHTML = html;
    const link = grade.querySelector(".s3video-watch-link");
    if (link && !before) { putPlayerBeside(link); }
    if (before) { grade.prepend(before); }
    info.replaceChildren(...grade.querySelector(".user-info").cloneNode(true).childNodes);
    actions.classList.remove("hide");
    select.value = userid;
    select.dataset.currentuserid = userid;
    const address = new URL(location.href);
    address.searchParams.set("userid", userid);
    history.replaceState(null, "", address);
    await Promise.all([...grade.querySelectorAll(".s3video-player-container")].map(M.replica.play));
  });

  const move = (step) => {
    const number = select.options.length;  // as in Moodle, the first one comes after the last
    const next = select.options[(select.selectedIndex + step + number) % number];
    if (next) { load(next.value); }
  };

  select.addEventListener("change", () => load(select.value));
  document.querySelector("[data-action=previous-user]").addEventListener("click", (event) => { event.preventDefault(); move(-1); });
  document.querySelector("[data-action=next-user]").addEventListener("click", (event) => { event.preventDefault(); move(1); });
  actions.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (M.replica.fault("grade-button-dead")) { return; }
    overlay.hidden = false;
    const problems = await M.replica.pending("mod_assign/save", () => M.replica.call("mod_assign_submit_grading_form", {
      assignmentid: Number(grade.dataset.assignmentid), userid: Number(select.value),
      jsonformdata: JSON.stringify(new URLSearchParams(new FormData(grade.querySelector(".gradeform"))).toString()),
    }));
    overlay.hidden = true;
    delete actions.dataset.submitted;
    const error = document.getElementById("id_error_grade");
    error.textContent = problems.length ? problems[0].message : "";
    error.style.display = problems.length ? "block" : "none";
  });
  load(select.dataset.currentuserid);
})();
