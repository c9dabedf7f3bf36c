"use strict";
// The player: asks for a signed URL and shows a plain video element.
M.replica.watch = (video) => {
  if (M.replica.fault("player-takes-no-clicks")) { video.style.pointerEvents = "none"; }
  if (M.replica.fault("seek-snaps-back")) {
    let position = 0;
    let restoring = false;
    let seeking = false;
    video.addEventListener("timeupdate", () => { if (!seeking) { position = video.currentTime; } });
    video.addEventListener("seeking", () => { seeking = true; });
    video.addEventListener("seeked", () => {
      restoring = !restoring;
      seeking = restoring;
      if (restoring) { video.currentTime = position; }
    });
  }
  if (M.replica.fault("controls-covered")) { M.replica.cover(video); }
  if (M.replica.fault("keys-swallowed")) {
    window.addEventListener("keydown", (event) => {
      if (event.target === video) { event.preventDefault(); event.stopImmediatePropagation(); }
    }, true);
  }
  if (M.replica.fault("player-starts-muted")) { video.muted = true; }
  if (M.replica.fault("player-without-controls")) { video.controls = false; }
  if (M.replica.fault("player-waits-for-a-picture")) {
    video.addEventListener("loadedmetadata", () => { if (!video.videoWidth) { video.style.display = "none"; } });
  }
  if (M.replica.fault("playback-creeps")) { video.addEventListener("play", () => { video.playbackRate = 0.1; }); }
  if (M.replica.fault("mute-is-reset")) { video.addEventListener("volumechange", () => { video.muted = false; }); }
  if (M.replica.fault("volume-is-reset")) { video.addEventListener("volumechange", () => { video.volume = 1; }); }
  if (M.replica.fault("asset-missing")) { new Image().src = `${M.cfg.wwwroot}/theme/replica/player-icons.svg`; }
  if (M.replica.fault("script-error-while-playing")) {
    video.addEventListener("play", () => { throw new Error("the view counter is not there"); }, {once: true});
  }
  if (M.replica.fault("pause-does-not-hold")) {
    video.addEventListener("pause", () => { if (!video.ended) { video.play(); } });
  }
  if (M.replica.fault("console-error-while-playing")) {
    video.addEventListener("play", () => console.error("analytics: endpoint not found"), {once: true});
  }
};

// A bar with the size of the video, over the controls that the browser draws.
M.replica.cover = (video) => {
  const bar = document.createElement("div");
  bar.className = "s3video-caption";
  Object.assign(bar.style, {position: "relative", zIndex: 1, height: "64px", marginTop: "-64px", background: "#000a"});
  const lay = () => { if (video.isConnected) { video.after(bar); } else { requestAnimationFrame(lay); } };
  lay();
};

// An hour before the address ends the player takes another one, and goes on where it was.
M.replica.renew = (video, source, ask, seconds) => {
  if (M.replica.fault("address-never-renewed")) { return; }
  const unit = M.replica.fault("renewal-in-milliseconds") ? 1 : 1000;
  setTimeout(async () => {
    const {currentTime, paused} = video;
    const answer = await ask();
    if (!answer) { return; }
    source.src = answer.data.signed_url;
    video.addEventListener("loadedmetadata", () => {
      if (!M.replica.fault("renewal-loses-the-place")) { video.currentTime = currentTime; }
      if (!paused) { video.play(); }
    }, {once: true});
    video.load();
    M.replica.renew(video, source, ask, answer.data.expires_in);
  }, (seconds - 3600) * unit);
};

M.replica.play = async (container) => {
  if (M.replica.fault("player-never-comes")) { return; }
  const {s3Key, submissionId} = container.dataset;
  const query = new URLSearchParams({submissionid: submissionId, s3key: s3Key, sesskey: M.cfg.sesskey});
  const refuse = (text, guidance, canRetry) => {
    const box = document.createElement("div");
    box.className = "alert alert-danger s3video-playback-error";
    box.setAttribute("role", "alert");
    for (const line of [text, guidance]) {
      const p = document.createElement("p");
      p.textContent = line;
      box.append(p);
    }
    if (canRetry) {
      const retry = document.createElement("button");
      retry.type = "button";
      retry.className = "btn btn-primary";
      retry.textContent = "Try again";
      retry.addEventListener("click", () => M.replica.play(container));
      box.append(retry);
    }
    container.replaceChildren(box);
  };
  const ask = async () => {
    let answer;
    try {
      const response = await fetch(`${M.cfg.wwwroot}/mod/assign/submission/s3video/ajax/get_playback_url.php?${query}`);
      answer = await response.json();
    } catch {
      refuse("The video could not be loaded.", "Check your internet connection, then try again.", true);
      return null;
    }
    if (!answer.success) {
      refuse(answer.error, answer.guidance || "Reload the page and log in again.", answer.can_retry);
      return null;
    }
    return answer;
  };
  const answer = await ask();
  if (!answer) { return; }
  if (M.replica.fault("signed-url-logged")) { console.log("Got signed URL:", answer.data.signed_url); }
  const video = document.createElement("video");
  const controls = !M.replica.fault("no-controls-on-touch") || matchMedia("(hover: hover)").matches;
  const playsInline = !M.replica.fault("player-leaves-its-place");
  Object.assign(video, {controls, preload: "metadata", playsInline, id: `s3video-player-${submissionId}`});
  if (!M.replica.fault("player-without-source")) {
    const source = document.createElement("source");
    source.src = answer.data.signed_url;
    source.addEventListener("error", () => {
      refuse("This video cannot be played.", "Try again, or open the page in another browser.", true);
    });
    video.append(source);
    M.replica.renew(video, source, ask, answer.data.expires_in);
  }
  if (M.replica.fault("player-reloads-when-it-waits")) {
    video.addEventListener("waiting", () => { video.load(); video.play(); });
  }
  if (M.replica.fault("grader-of-desktops-when-zoomed")) {
    document.head.insertAdjacentHTML("beforeend", "<style>@media (min-width: 500px) and (max-width: 800px) { video { min-width: 900px; } }</style>");
  }
  if (M.replica.fault("grader-for-640-pixels")) { video.style.width = "640px"; }
  M.replica.watch(video);
  container.replaceChildren(video);
};

document.querySelectorAll(".s3video-viewer-container video").forEach(M.replica.watch);
