// Of the controls that a browser draws into a `<video>`; times and limits are in seconds.

export function size(video) {
  const {width, height} = video.getBoundingClientRect();
  return [width, height];
}

export function state(video) {
  return {at: video.currentTime, paused: video.paused, volume: video.volume, muted: video.muted};
}

const STRIP = 56; // pixels at the bottom of a video, in which engines draw their controls
const COLUMNS = 12;

function named(element) {
  return element ? `<${element.localName}${[...element.classList].map((name) => `.${name}`).join("")}>` : "nothing";
}

// What lies over the controls, and over the picture's middle, by name. Scrolled to in three ways: one has to do.
export function covered(video) {
  const over = new Set();
  const free = (x, y) => {
    let seen = null;
    for (const block of ["nearest", "center", "end"]) {
      video.scrollIntoView({block, behavior: "instant"});
      const box = video.getBoundingClientRect();
      seen = document.elementFromPoint(box.left + x * box.width, y < 0 ? box.bottom + y : box.top + y * box.height);
      if (seen === video || video.contains(seen)) { return; }
    }
    over.add(named(seen));
  };
  for (let column = 0; column < COLUMNS; column += 1) {
    for (const up of [8, STRIP / 2, STRIP - 8]) { free((column + 0.5) / COLUMNS, -up); }
  }
  free(0.5, 0.5);
  return [...over];
}

// Waits until a property has changed, and tells the state once a player that puts it back has done so.
export function changed(video, [name, before, limit]) {
  const started = performance.now();
  // While it plays, its position moves by itself: a jump is what counts.
  const is = () => (name === "at" ? Math.abs(video.currentTime - before) > 2 : state(video)[name] !== before);
  return new Promise((resolve) => {
    const look = () => {
      if (is() || performance.now() - started > limit * 1000) {
        setTimeout(() => resolve(state(video)), 400);
      } else { setTimeout(look, 50); }
    };
    look();
  });
}

// Makes a bare video as large as another one, of the same source and in the same state.
export function alike(video, [source, width, height, was, limit]) {
  Object.assign(video.style, {width: `${width}px`, height: `${height}px`});
  Object.assign(video, {src: source, volume: was.volume, muted: true});
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit * 1000);
    video.addEventListener("loadeddata", async () => {
      video.currentTime = was.at;
      if (!was.paused) { await video.play(); }
      video.muted = was.muted;
      clearTimeout(timer);
      resolve();
    }, {once: true});
  });
}
