// Of the grading form.

// Types into an editor, which may be a document of its own in a frame: as a person does who has clicked into it.
export function typed(body, text) {
  body.focus();
  const {ownerDocument: own} = body;
  own.defaultView.getSelection().selectAllChildren(body);
  own.execCommand("insertText", false, text);
}
