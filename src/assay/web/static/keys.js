/* Keys: those that an element names in data-key, while nobody types. Letters alone, so that no key
   of the browser or the system is taken. Loaded before the page is shown, since a quick hand answers
   a row as soon as it is read. */
"use strict";
(() => {
  let sent = false;  // a second label, pressed while the first is on its way, is not this row's
  addEventListener("submit", (event) => { sent ||= !event.defaultPrevented; });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("keydown", (event) => {
    if (sent || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("input:not([type=checkbox]), select, textarea")) found.focus();
    else found.click();
  });
})();
