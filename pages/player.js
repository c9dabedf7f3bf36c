// Of a `<video>`; times and limits are in seconds.

function error(video) {
  return video.error && `the error ${video.error.code} of the player (${video.error.message})`;
}

function within(limit, done) {
  const started = performance.now();
  return new Promise((resolve) => {
    const look = () => {
      if (done() || performance.now() - started > limit * 1000) { resolve(); } else { setTimeout(look, 50); }
    };
    look();
  });
}

// Waits for the video's length to be known.
export async function loaded(video, limit) {
  await within(limit, () => video.readyState >= 1 || video.error);
  return {
    ready: video.readyState, duration: video.duration, at: video.currentTime, taken: Boolean(video.currentSrc),
    offered: [...video.querySelectorAll("source")].map((one) => one.type || "of no type"), error: error(video),
  };
}

// From now on the element knows how long after its next start it shows the first picture, and where it started.
export function timed(video) {
  video.s3vaFrom = video.currentTime;
  video.addEventListener("seeking", () => { delete video.s3vaFrom; }, {once: true});
  video.addEventListener("play", () => {
    const started = performance.now();
    video.requestVideoFrameCallback?.(() => { video.s3vaFirstFrame = (performance.now() - started) / 1000; });
  }, {once: true});
}

export function firstFrame(video) {
  return video.s3vaFirstFrame ?? null;
}

// Waits for playback to go on by so many seconds since it was started, or, asked again, since then.
export async function advance(video, [seconds, limit]) {
  const from = video.s3vaFrom ?? video.currentTime, started = performance.now();
  await within(limit, () => video.error || video.currentTime - from >= seconds);
  delete video.s3vaFrom;
  return {
    from, to: video.currentTime, paused: video.paused, ended: video.ended, error: error(video),
    ready: video.readyState, waited: (performance.now() - started) / 1000,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
  };
}

// Looks again 0.3 s after the seek: a player that snaps back has said `seeked` by then.
export function seek(video, [to, limit]) {
  return new Promise((resolve) => {
    const started = performance.now();
    const done = () => {
      const took = (performance.now() - started) / 1000;
      setTimeout(() => {
        resolve({at: video.currentTime, ready: video.readyState, took, error: error(video)});
      }, 300);
    };
    const timer = setTimeout(done, limit * 1000);
    video.addEventListener("seeked", () => { clearTimeout(timer); done(); }, {once: true});
    video.currentTime = to;
  });
}

// Compares the time that passes with the time that is played: what is missing, the viewer has waited.
export function smoothness(video, seconds) {
  return new Promise((resolve) => {
    const begun = performance.now(), from = video.currentTime, before = video.getVideoPlaybackQuality();
    let waits = 0, ahead = Infinity;
    const count = () => { waits += 1; };
    const buffered = () => {
      const at = video.currentTime, all = [...Array(video.buffered.length).keys()];
      const range = all.find((i) => video.buffered.start(i) <= at && at <= video.buffered.end(i));
      return range === undefined ? 0 : video.buffered.end(range) - at;
    };
    video.addEventListener("waiting", count);
    const look = () => {
      const passed = (performance.now() - begun) / 1000;
      ahead = Math.min(ahead, buffered());
      if (passed < seconds && !video.error && !video.paused) { setTimeout(look, 50); return; }
      video.removeEventListener("waiting", count);
      const after = video.getVideoPlaybackQuality();
      resolve({
        passed, played: video.currentTime - from, waits, ahead, paused: video.paused, error: error(video),
        frames: after.totalVideoFrames - before.totalVideoFrames,
        dropped: after.droppedVideoFrames - before.droppedVideoFrames,
      });
    };
    look();
  });
}

// Waits for the video, which plays, to have nothing more to show; tells how far it had come. Engines differ in what
// `readyState` says then: one that has stood still for two seconds waits as well.
export async function comesToWait(video, limit) {
  let farthest = 0, moved = performance.now(), waiting = false;
  await within(limit, () => {
    if (video.currentTime > farthest) { farthest = video.currentTime; moved = performance.now(); }
    waiting = farthest >= 1 && (video.readyState < 3 || performance.now() - moved > 2000);
    return waiting || video.error;
  });
  return {farthest, waiting, paused: video.paused, error: error(video)};
}

// Waits for the video to play on for two seconds from `from`; tells where it is, and where it was at the least.
export async function goesOn(video, [from, limit]) {
  let nearest = Infinity;
  await within(limit, () => {
    nearest = Math.min(nearest, video.currentTime);
    return video.error || video.currentTime >= from + 2;
  });
  return {nearest, at: video.currentTime, paused: video.paused, error: error(video)};
}

function later(milliseconds, value) {
  return new Promise((resolve) => { setTimeout(() => resolve(value()), milliseconds); });
}

// Waits until it is paused, or plays; tells whether it is.
export async function becomes(video, [paused, limit]) {
  let is = false;
  await within(limit, () => { is = video.paused === paused; return is; });
  return is;
}

// Waits for the video to stand at `at`, within `beside` seconds; tells where it stands.
export async function arrives(video, [at, beside, limit]) {
  await within(limit, () => Math.abs(video.currentTime - at) <= beside);
  return video.currentTime;
}

// What is under a click on the middle of the picture.
export function reached(video) {
  const {left, top, width, height} = video.getBoundingClientRect();
  const element = document.elementFromPoint(left + width / 2, top + height / 2);
  return element ? `<${[element.localName, ...element.classList].join(".")}>` : "nothing of the page";
}

export function hasControls(video) {
  return video.controls;
}

// Whether sound was decoded, in each engine's own words; null where it has none.
export function sound(video) {
  const words = [
    video.webkitAudioDecodedByteCount === undefined ? null : video.webkitAudioDecodedByteCount > 0,
    video.mozHasAudio ?? null,
    video.audioTracks ? video.audioTracks.length > 0 : null,
  ];
  return {muted: video.muted, volume: video.volume, there: words.find((word) => word !== null) ?? null};
}

export function pausedSoon(video) {
  return later(500, () => video.paused);
}

export function aSecond(video) {
  const from = video.currentTime;
  return later(1000, () => ({from, to: video.currentTime, paused: video.paused}));
}

// Sets a property such as `volume`, and tells it when a player that resets it has done so.
export function kept(video, [name, value]) {
  video[name] = value;
  return later(300, () => video[name]);
}

// The types that the page tells the browser, of sources that have one.
export function types(video) {
  return [...video.querySelectorAll("source[type]")].map((one) => one.getAttribute("type"));
}

export function source(video) {
  return video.currentSrc || video.querySelector("source")?.src || video.src;
}

// Where the picture is in the element, and how large, as parts of it: left, top, width, height.
export function picture(video) {
  const {width, height} = video.getBoundingClientRect();
  const fit = getComputedStyle(video).objectFit;
  if (fit === "fill") { return [0, 0, 1, 1]; }
  const scale = (fit === "cover" ? Math.max : Math.min)(width / video.videoWidth, height / video.videoHeight);
  const [wide, high] = [video.videoWidth * scale / width, video.videoHeight * scale / height];
  return [(1 - wide) / 2, (1 - high) / 2, wide, high];
}
