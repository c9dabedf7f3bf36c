// From now on, until the page is left, what the scripts at this path answer is kept.
export function listen(path) {
  if (window.s3videoAnswers) { window.s3videoAnswers.length = 0; return; }
  const kept = window.s3videoAnswers = [], {open} = XMLHttpRequest.prototype, fetched = window.fetch;
  const keep = (url, status, text) => { kept.push({url: String(url), status, text}); };
  const words = (response) => (typeof response === "string" ? response : JSON.stringify(response));
  XMLHttpRequest.prototype.open = function (method, url, ...more) {
    if (String(url).includes(path)) {
      this.addEventListener("load", () => keep(url, this.status, words(this.response)));
    }
    return open.call(this, method, url, ...more);
  };
  window.fetch = async function (...given) {
    const response = await fetched.apply(this, given);
    if (response.url.includes(path)) { keep(response.url, response.status, await response.clone().text()); }
    return response;
  };
}

export function answers() {
  return window.s3videoAnswers || [];
}

// Whether a press has asked for the dialogue for files since `awaitDialogue`: no driver can use that, so none is opened.
export function awaitDialogue(field) {
  window.s3videoDialogue = false;
  field.addEventListener("click", (event) => {
    event.preventDefault();
    window.s3videoDialogue = true;
  }, {once: true});
}

export function dialogue() {
  return window.s3videoDialogue === true;
}

export function disabled(field) {
  return field.matches(":disabled");
}
