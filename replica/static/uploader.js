"use strict";
// The upload widget: checks the file, asks for a form, sends it to S3, has it confirmed.
(() => {
  const root = document.querySelector(".s3video-upload-interface");
  if (!root) { return; }
  const AJAX = `${M.cfg.wwwroot}/mod/assign/submission/s3video/ajax/`;
  const TYPES = {
    mp4: "video/mp4", mov: "video/quicktime", avi: "video/x-msvideo", mkv: "video/x-matroska", webm: "video/webm",
    mpeg: "video/mpeg", mpg: "video/mpeg", ogv: "video/ogg", "3gp": "video/3gpp", flv: "video/x-flv",
  };
  const find = (name) => root.querySelector(`.s3video-${name}`);
  const [dropzone, input, message, progress] = ["dropzone", "file-input", "status-message", "progress-container"].map(find);
  const bar = find("progress-bar");
  const form = root.closest("form");
  const maximum = Number(root.dataset.maxFileSize);
  let busy = false;
  let expired = false;
  const opened = Date.now();
  let stored = null; // {file, data}: S3 has it, the site has not confirmed it

  class Problem extends Error {
    constructor(text, guidance, canRetry = true) {
      super(text);
      Object.assign(this, {guidance, canRetry});
    }
  }

  const words = (bytes) => {
    for (const [unit, size] of [["GB", 2 ** 30], ["MB", 2 ** 20], ["KB", 2 ** 10]]) {
      if (bytes >= size) { return `${Number((bytes / size).toFixed(1))} ${unit}`; }
    }
    return `${bytes} bytes`;
  };

  const small = (name) => (M.replica.fault("capitals-refused-in-the-page") ? name : name.toLowerCase());
  const extension = (name) => (name.includes(".") ? small(name.split(".").pop()) : "");
  const type = (file) => file.type || TYPES[extension(file.name)] || "";

  // Faults by which a file that is refused hears something else instead of the reason.
  const INSTEAD = {
    "refusal-without-reason": "That did not work.",
    "refusal-says-invalid": "Invalid file.",
    "refusal-in-code": "This file type is not supported: ERR_FILE_REJECTED, the format, size, length or extension of the video is not allowed.",
  };
  const INSTEAD_OF_LIMIT = {
    "limit-not-in-message": "The file is too large.",
    "limit-in-message-wrong": "The file is too large. The maximum is 500 MB.",
    "limit-in-message-a-tenth": "The file is too large. The maximum is 0.5 GB.",
  };

  function told(reason) {
    const texts = reason.startsWith("The file is too large") ? {...INSTEAD, ...INSTEAD_OF_LIMIT} : INSTEAD;
    const fault = Object.keys(texts).find(M.replica.fault);
    return fault ? texts[fault] : reason;
  }

  const unchecked = () => M.replica.fault("validation-missing") || M.replica.fault("invalid-file-accepted");

  // Chromium and Firefox have a name of their own for the same files.
  const unwelcome = (file) => (M.replica.fault("matroska-refused") && file.type === "video/matroska")
    || (M.replica.fault("firefox-types-refused") && file.type === "video/x-matroska")
    || (M.replica.fault("edge-turned-away") && /Edg/.test(navigator.userAgent));

  function check(file) {
    if (unchecked()) { return ""; }
    const most = maximum + M.replica.fault("size-off-by-one") - M.replica.fault("size-strictly-below");
    if (file.name.length > 255 && !M.replica.fault("long-name-accepted")) { return `The file name is too long: ${file.name.length} characters, at most 255 are allowed.`; }
    if (!TYPES[extension(file.name)]) { return `This file type is not supported. Choose a video file: ${Object.keys(TYPES).join(", ")}.`; }
    if (!type(file).startsWith("video/")) { return "This file is not a video. Choose a video file, for example MP4 or WebM."; }
    if (file.size === 0 && !M.replica.fault("empty-file-accepted")) {
      return M.replica.fault("refusal-untranslated") ? "[[emptyfile]]" : "The file is empty. Choose another file.";
    }
    if (file.size > most && M.replica.fault("own-size-in-place-of-the-limit")) { return `The file is too large: ${words(file.size)}.`; }
    if (file.size > most) { return `The file is too large (${words(file.size)}). The maximum is ${words(maximum)}.`; }
    if (M.replica.fault("good-video-refused") && ["video/mp4", "video/webm"].includes(type(file))) {
      return "This file type is not supported. Choose an MPEG-4 video file.";
    }
    if (unwelcome(file)) { return "This file type is not supported by your browser. Choose another video file."; }
    return "";
  }

  // The containers' first bytes: MP4, MOV, 3GP (a box name), AVI, Matroska and WebM, Ogg, FLV, MPEG.
  const STARTS = [
    /^.{4}(ftyp|moov|mdat|wide|free|skip|pnot)/s, /^RIFF.{4}AVI /s, /^\x1aE\xdf\xa3/, /^OggS/, /^FLV/, /^\x00\x00\x01[\xb3\xba]/,
    /^G.{187}G/s,
  ];

  async function hasPictures(file) {
    const bytes = await file.slice(0, 2 ** 20).text();
    return !bytes.slice(0, 12).includes("ftyp") || file.size > 2 ** 20 || bytes.includes("vmhd");
  }

  // Of an MP4, by the header of its first track (ISO/IEC 14496-12, 8.3.2): its length in ms, the picture's width, and
  // whether it is turned by 90°, and whether its frames last unevenly long (8.6.1.2); whether it is HEVC, and whether its
  // index comes after what it is of.
  async function track(file) {
    const bytes = new DataView(await file.slice(0, 2 ** 20).arrayBuffer());
    const text = new TextDecoder("latin1").decode(bytes), at = text.indexOf("tkhd");
    if (at < 0) { return {length: Infinity, width: 0}; }
    const lengths = text.indexOf("stts");
    return {
      length: bytes.getUint32(at + 24), width: bytes.getUint16(at + 80), turned: bytes.getInt32(at + 44) === 0,
      uneven: lengths > 0 && bytes.getUint32(lengths + 8) > 2, hevc: text.includes("hvc1"),
      indexLast: text.indexOf("mdat") < text.indexOf("moov"),
    };
  }

  async function unusual(file) {
    return (M.replica.fault("sound-refused-in-silence") && !(await hasPictures(file)))
      || (M.replica.fault("large-pictures-refused-in-silence") && (await track(file)).width > 1920)
      || (M.replica.fault("short-refused-in-silence") && (await track(file)).length < 1000)
      || (M.replica.fault("upright-refused-in-silence") && (await track(file)).turned)
      || (M.replica.fault("uneven-refused-in-silence") && (await track(file)).uneven)
      || (M.replica.fault("hevc-refused-in-silence") && (await track(file)).hevc)
      || (M.replica.fault("index-last-refused-in-silence") && (await track(file)).indexLast);
  }

  async function checkContent(file) {
    if (await unusual(file)) { return "That did not work."; }
    if (unchecked() || M.replica.fault("content-not-looked-into") || M.replica.fault("rejected-file-stays")) { return ""; }
    const bytes = String.fromCharCode(...new Uint8Array(await file.slice(0, 512).arrayBuffer()));
    return STARTS.some((pattern) => pattern.test(bytes)) ? "" : "This file is not a video, although its name says so.";
  }

  function show(percent) {
    bar.style.width = `${percent}%`;
    bar.setAttribute("aria-valuenow", percent);
    bar.textContent = `${percent}%`;
    find("progress-percentage").textContent = `${percent}%`;
  }

  // Whoever uses the keyboard goes on from where the form speaks: the button they pressed is hidden by now.
  function lead(place) {
    if (M.replica.fault("focus-lost-with-the-button") || !root.contains(document.activeElement) && document.activeElement !== document.body) { return; }
    place.tabIndex = -1;
    place.focus();
  }

  function say(kind, build) {
    message.replaceChildren();
    message.className = `s3video-status-message alert alert-${kind}`;
    build(message);
    lead(message);
  }

  function paragraph(name, text) {
    const p = document.createElement("p");
    p.className = name;
    p.textContent = text;
    return p;
  }

  function fail(problem, file) {
    progress.style.display = "none";
    dropzone.style.display = "";
    say("danger", (box) => {
      box.append(paragraph("s3video-error-message", problem.message));
      if (!M.replica.fault("no-advice")) { box.append(paragraph("s3video-error-guidance", problem.guidance)); }
      if (M.replica.fault("trace-in-details")) { box.append(paragraph("s3video-error-details", "#0 storage.php(118): send()")); }
      if (problem.canRetry && file) {
        const retry = document.createElement("button");
        retry.type = "button";
        retry.className = "btn btn-secondary s3video-retry-btn";
        retry.textContent = "Try again";
        const dead = M.replica.fault("retry-dead") || (problem.broken && M.replica.fault("retry-dead-after-a-break"));
        if (!dead) { retry.addEventListener("click", () => start(file)); }
        box.append(retry);
      }
    });
  }

  const broken = () => Object.assign(M.replica.fault("broken-connection-unnamed") ? new Problem("The upload did not work.", "Try again.") : offline(), {broken: true});

  const offline = () => new Problem("The connection was interrupted.", "Check your internet connection, then try again.");

  async function ask(script, values) {
    let response;
    try {
      response = await fetch(AJAX + script, {method: "POST", body: new URLSearchParams({...values, sesskey: M.cfg.sesskey})});
    } catch {
      throw offline();
    }
    const answer = await response.json().catch(() => null);
    if (answer && answer.success) { return answer.data; }
    const ended = answer && ["requireloginerror", "invalidsesskey"].includes(answer.errorcode);
    if (ended && !M.replica.fault("session-end-unexplained")) {
      expired = true;
      throw new Problem("Your session has ended, so the video could not be handed in.",
        "Log in again in another tab, then come back here and try again.");
    }
    if (answer && answer.error && answer.guidance) { throw new Problem(answer.error, answer.guidance, answer.can_retry); }
    throw new Problem("Something went wrong on the site.", "Wait a moment, then try again.");
  }

  // After a new log in this page still holds the old sesskey; take the one that the site gives out now.
  async function renewSession() {
    const page = await fetch(location.href).then((response) => response.text()).catch(() => "");
    const [, sesskey] = page.match(/"sesskey": "(\w+)"/) || [];
    if (!sesskey || !page.includes(`"userId": ${M.cfg.userId},`)) { return; }
    M.cfg.sesskey = sesskey;
    form.elements.sesskey.value = sesskey;
    expired = false;
  }

  function showTime(request) {
    let percent = 0;
    const timer = setInterval(() => show(Math.min(percent += 1, 99)), 50);
    request.addEventListener("loadend", () => clearInterval(timer));
  }

  function send(file, {url, fields}) {
    return new Promise((resolve, reject) => {
      const data = new FormData();
      Object.entries(fields).forEach(([name, value]) => data.append(name, value));
      const part = file.size >= 2 ** 30 && M.replica.fault("large-file-sent-in-part");
      data.append("file", part ? file.slice(0, file.size % 2 ** 30) : file, file.name);
      const request = new XMLHttpRequest();
      let first = true;
      if (M.replica.fault("progress-is-a-timer")) { showTime(request); }
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable || M.replica.fault("progress-only-at-end") || M.replica.fault("progress-is-a-timer")) { return; }
        if (M.replica.fault("progress-stuck") && !first) { return; }
        first = false;
        let percent = Math.floor(100 * event.loaded / event.total);
        if (M.replica.fault("progress-freezes-late")) { percent = Math.min(percent, 90); }
        if (M.replica.fault("progress-in-tens")) { percent -= percent % 10; }
        if (M.replica.fault("progress-reported-to-moodle")) { ask("report_progress.php", {percent}).catch(() => {}); }
        if (M.replica.fault("session-kept-alive-at-every-event")) { M.replica.call("core_session_touch", {}).catch(() => {}); }
        show(M.replica.fault("progress-jumps-back") ? percent % 30 : percent);
      });
      request.addEventListener("load", () => {
        if (M.replica.fault("upload-never-ends")) { return; }
        if (request.status >= 200 && request.status < 300) { resolve(); return; }
        reject(new Problem("The video store did not accept the video.", "Try again. If it stays like this, tell your teacher."));
      });
      request.addEventListener("error", () => reject(broken()));
      request.addEventListener("abort", () => { if (!request.dropped) { reject(offline()); } });
      request.open("POST", url);
      if (M.replica.fault("transfer-with-a-time-limit")) { request.timeout = 60_000; }
      if (file.size < 2 ** 20) { lose(request); }
      if (M.replica.fault("upload-given-up-by-a-timer")) { setTimeout(() => request.abort(), 60_000); }
      request.send(data);
      if (M.replica.fault("success-before-stored")) { succeed(); }
    });
  }

  // Faults of a small video on a slow line.
  function lose(request) {
    const untold = M.replica.fault("slow-upload-dropped-in-silence");
    if (!untold && !M.replica.fault("slow-upload-told-as-done")) { return; }
    const timer = setTimeout(() => {
      progress.style.display = "none";
      if (!untold) { succeed(); }
      request.dropped = true;
      request.abort();
    }, 1200);
    request.addEventListener("load", () => clearTimeout(timer));
  }

  function succeed() {
    say(M.replica.fault("success-looks-like-failure") ? "danger" : "success", (box) => box.append(
      M.replica.fault("success-untranslated") ? "[[uploadsuccess,assignsubmission_s3video]]"
        : "Your video has been uploaded. Save your changes to hand it in."));
  }

  // Faults of a page whose machine has slept.
  const slept = (fault) => Date.now() - opened > 3_600_000 && M.replica.fault(fault);

  // Faults of a page whose machine has another address than at its log-in.
  async function moved(fault) {
    return M.replica.fault(fault) && (await fetch(location.href).then((response) => response.text())).includes("data-moved");
  }

  function saveWithoutVideo() {
    form.elements.s3video_s3_key.value = "";
    return fetch(form.getAttribute("action"), {method: "POST", body: new URLSearchParams(new FormData(form, form.elements.submitbutton))});
  }

  const request = (file) => ({
    assignmentid: root.dataset.assignmentId, submissionid: root.dataset.submissionId || 0,
    filename: file.name, filesize: file.size, mimetype: type(file),
  });

  async function start(file) {
    if (busy) { return; }
    busy = true;
    const refused = check(file) || await checkContent(file);
    if (refused) {
      busy = false;
      input.value = "";
      if (M.replica.fault("wrong-file-drops-saved-video")) { form.elements.s3video_s3_key.value = ""; }
      if (M.replica.fault("refused-but-sent")) { ask("get_upload_url.php", request(file)).catch(() => {}); }
      fail(new Problem(told(refused), "Choose another file.", false), null);
      if (M.replica.fault("name-runs-in-refusal")) { message.insertAdjacentHTML("beforeend", `<p>${file.name} was not sent.</p>`); }
      return;
    }
    if (slept("no-try-after-sleep")) {
      busy = false;
      fail(new Problem("The time for this upload is over.", "Choose the video on another day."), null);
      return;
    }
    if (M.replica.fault("upload-waits-for-button")) { return; }
    if (M.replica.fault("upload-when-idle")) { await new Promise((idle) => { window.requestIdleCallback(idle); }); }
    if (M.replica.fault("name-runs-when-chosen")) { message.innerHTML = `Preparing ${file.name}`; await new Promise((done) => { setTimeout(done, 100); }); }
    message.replaceChildren();
    message.className = "s3video-status-message";
    dropzone.style.display = "none";
    if (!M.replica.fault("progress-hidden")) { progress.style.display = ""; }
    lead(progress);
    show(0);
    if (M.replica.fault("name-runs-in-progress")) { find("progress-percentage").innerHTML = `Uploading ${file.name}`; }
    try {
      if (expired) { await renewSession(); }
      if (!stored || stored.file !== file) {
        stored = null;
        const data = await ask("get_upload_url.php", request(file));
        if (M.replica.fault("bytes-through-moodle")) { await fetch(`${AJAX}get_playback_url.php`, {method: "POST", body: file}); }
        await send(file, data);
        stored = {file, data};
      }
      if (!M.replica.fault("progress-stuck")) { show(100); }
      const confirmed = await confirm(stored.data);
      form.elements.s3video_s3_key.value = stored.data.s3_key;
      form.elements.s3video_status.value = confirmed.status;
      form.elements.s3video_file_size.value = confirmed.file_size;
      form.elements.s3video_mime_type.value = confirmed.content_type;
      stored = null;
      progress.style.display = "none";
      succeed();
      if (M.replica.fault("name-runs-in-form")) { message.insertAdjacentHTML("beforeend", `<p>${file.name}</p>`); }
    } catch (problem) {
      if (!(problem instanceof Problem)) { throw problem; }
      if (M.replica.fault("failure-swallowed")) { succeed(); return; }
      if (problem.broken && (M.replica.fault("broken-connection-untold") || slept("sleep-untold"))) { progress.style.display = "none"; return; }
      if (slept("sleep-told-in-terms")) { problem.message = "S3: RequestTimeTooSkewed"; }
      if (problem.broken && slept("sleep-drops-saved-video")) { await saveWithoutVideo(); }
      if (problem.broken && await moved("changed-address-drops-saved-video")) { await saveWithoutVideo(); }
      if (problem.broken && await moved("changed-address-told-in-terms")) { problem.message = "S3: ERR_NETWORK_CHANGED"; }
      if (problem.broken && await moved("changed-address-untold")) { progress.style.display = "none"; return; }
      fail(problem, file);
    } finally {
      busy = false;
      input.value = "";
    }
  }

  // What cannot be confirmed by asking again has to be sent again.
  async function confirm(data) {
    try {
      return await ask("confirm_upload.php", {s3_key: data.s3_key, submissionid: data.submission_id});
    } catch (problem) {
      if (!problem.canRetry || problem.message.includes("Failed to verify")) { stored = null; }
      throw problem;
    }
  }

  window.addEventListener("beforeunload", (event) => {
    const silent = M.replica.fault("left-without-a-warning") || (stored && M.replica.fault("left-unconfirmed-without-a-warning"));
    if (busy && !silent) {
      event.preventDefault();
      event.returnValue = "";
    }
  });
  if (M.replica.fault("upload-form-throws")) { setTimeout(() => { throw new ReferenceError("draft is not defined"); }); }
  if (M.replica.fault("script-missing-in-form")) { document.head.append(Object.assign(document.createElement("script"), {src: "/theme/replica/uploader-worker.js"})); }
  if (M.replica.fault("save-button-never-usable")) { form.elements.submitbutton.disabled = true; }
  if (M.replica.fault("save-button-dead")) { form.addEventListener("submit", (event) => event.preventDefault()); }
  const pick = () => window.showOpenFilePicker().then(([handle]) => handle.getFile()).then(start);
  const choose = M.replica.fault("upload-only-in-chromium") ? pick : () => input.click();
  if (!M.replica.fault("select-button-dead")) { find("select-btn").addEventListener("click", choose); }
  if (M.replica.fault("breaks-on-touch")) { dropzone.addEventListener("touchstart", (event) => event.preventDefault()); }
  input.addEventListener("change", () => { if (input.files[0]) { start(input.files[0]); } });
  dropzone.addEventListener("dragover", (event) => { event.preventDefault(); dropzone.classList.add("dragover"); });
  dropzone.addEventListener("dragleave", () => dropzone.classList.remove("dragover"));
  dropzone.addEventListener("drop", (event) => {
    event.preventDefault();
    dropzone.classList.remove("dragover");
    if (event.dataTransfer.files[0]) { start(event.dataTransfer.files[0]); }
  });
})();
