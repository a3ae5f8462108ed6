/* Keys: those that an element names in data-key, while nobody types. Letters alone, so that no key
   of the browser or the system is taken. */
"use strict";
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (typing) return;
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input, select, textarea")) found.focus();
  else found.click();
});

/* Filters take effect when they are chosen; without a script the button does it. */
for (const form of document.querySelectorAll("form.filters"))
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });

/* What is being read is looked at again. */
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 1000);
