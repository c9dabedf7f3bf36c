// Plays a file of the page's folder, and seeks to a share of its length.
export async function playAndSeek([name, share]) {
  const video = document.querySelector("video");
  const once = (event) => new Promise((resolve, reject) => {
    video.addEventListener(event, resolve, {once: true});
    video.addEventListener("error", () => reject(new Error(`${name}: ${video.error.message}`)), {once: true});
  });
  const loaded = once("loadedmetadata");
  video.src = name;
  await loaded;
  await video.play();
  while (video.currentTime < 0.3) { await once("timeupdate"); }
  video.pause();
  const from = video.currentTime, target = video.duration * share, seeked = once("seeked");
  const shown = new Promise((resolve) => {
    let last = null;
    const show = (now, frame) => {  // the last one before the pause may come late
      last = frame.mediaTime;
      if (last > from + 0.5) { resolve(last); } else { video.requestVideoFrameCallback(show); }
    };
    video.requestVideoFrameCallback(show);
    setTimeout(() => resolve(last), 10_000);
  });
  video.currentTime = target;
  await seeked;
  return {duration: video.duration, target, time: video.currentTime, picture: await shown};
}
