function shown(element) {
  return element && element.getClientRects().length > 0;
}

// Keeps the requests that carry a file. Who opens them may tell the browser when to give up, until they have ended.
function watchTransfers(transfers) {
  window.s3videoSend ||= XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    if (body instanceof FormData || body instanceof Blob) { transfers.push(this); }
    return window.s3videoSend.call(this, body);
  };
}

// Records what the widget shows, by observer and not by polling, so that no short-lived state is missed.
// A message of an earlier try is marked `data-earlier` until it changes: it may stay for a moment.
export function record(widget) {
  const seen = {chosen: performance.now(), type: null, progress: [], messages: [], handlers: []};
  window.s3videoSeen = seen;
  window.s3videoTransfers = [];
  watchTransfers(window.s3videoTransfers);
  performance.setResourceTimingBufferSize(10000);  // the browser's own 250 can be full before a file is chosen
  widget.querySelector("input[type=file]").addEventListener(
    "change", ({target}) => { seen.type = target.files[0] && target.files[0].type; }, {capture: true, once: true});
  widget.querySelector(".s3video-status-message")?.setAttribute("data-earlier", "");
  const look = (changes) => {
    for (const node of changes.flatMap(({addedNodes}) => [...addedNodes])) {
      const made = node instanceof Element ? [node, ...node.querySelectorAll("[onerror]")] : [];
      seen.handlers.push(...made.map((element) => element.getAttribute("onerror")).filter(Boolean));
    }
    const bar = widget.querySelector("[role=progressbar]");
    const message = widget.querySelector(".s3video-status-message");
    if (message && changes.some(({target}) => message.contains(target))) { message.removeAttribute("data-earlier"); }
    if (shown(bar)) {
      const value = Number(bar.getAttribute("aria-valuenow"));
      if (seen.progress.at(-1)?.value !== value) { seen.progress.push({at: performance.now(), value}); }
    }
    if (shown(message) && message.textContent.trim() && !message.hasAttribute("data-earlier")) {
      const success = message.classList.contains("alert-success"), text = message.innerText.trim();
      const last = seen.messages.at(-1);
      if (!last || last.text !== text || last.success !== success) {
        seen.messages.push({at: performance.now(), success, text});
      }
    }
  };
  window.s3videoObserver?.disconnect();
  window.s3videoObserver = new MutationObserver(look);
  window.s3videoObserver.observe(widget, {subtree: true, childList: true, characterData: true, attributes: true});
}

// What has been recorded, in milliseconds since `origin`, and which requests have ended when.
export function recorded() {
  const ended = performance.getEntriesByType("resource").map(({name, responseEnd}) => ({name, at: responseEnd}));
  const limits = window.s3videoTransfers.map(({timeout}) => timeout);
  return {...window.s3videoSeen, limits, origin: performance.timeOrigin, ended};
}

// Whether the browser asks its user before this page is left: whoever has something to lose holds the event up.
export function warns() {
  const leaving = document.createEvent("BeforeUnloadEvent");
  leaving.initEvent("beforeunload", false, true);
  window.dispatchEvent(leaving);
  return leaving.defaultPrevented || leaving.returnValue !== "";
}

// A message in full, what it folds away included, without its buttons.
export function said(message) {
  const words = [], texts = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.parentElement.closest("button")) { words.push(texts.currentNode.data.trim()); }
  }
  return words.filter(Boolean).join(" ");
}

// From now on a presigned form is signed with zeros: storage answers as it does to whoever lacks the right key.
export function spoil() {
  const append = FormData.prototype.append;
  FormData.prototype.append = function (name, ...value) {
    return append.call(this, name, ...(/^x-amz-signature$/i.test(name) ? ["0".repeat(64)] : value));
  };
}
