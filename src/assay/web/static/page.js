"use strict";
/* Filters take effect when they are chosen; without a script the button does it. */
for (const form of document.querySelectorAll("form.filters"))
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });

/* What is being read is looked at again. */
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 1000);

/* A run that goes on: the server sends its state as HTML whenever it has changed. What was opened
   stays open. */
const state = document.querySelector("[data-follow]");
if (state && "EventSource" in window) {
  const lost = document.querySelector("#lost");
  const source = new EventSource(state.dataset.follow);
  const running = () => state.textContent.includes("A run goes on");
  const before = running();
  source.addEventListener("open", () => { lost.hidden = true; });
  source.addEventListener("error", () => { lost.hidden = false; });
  source.addEventListener("state", (event) => {
    const open = [...state.querySelectorAll("details")].map((one) => one.open);
    state.innerHTML = event.data;
    state.querySelectorAll("details").forEach((one, at) => { one.open = open[at] ?? false; });
    if (running() !== before) location.reload();
  });
}

/* A question takes a while: its button says so, and is not pressed twice. */
for (const form of document.querySelectorAll("form[data-busy]"))
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-disabled", "true");
    form.addEventListener("submit", (event) => event.preventDefault());
  });

/* Sliders stand beside their fields; what is moved is weighed again at once. */
for (const form of document.querySelectorAll("form[data-result]")) {
  const result = document.getElementById(form.dataset.result);
  let waiting = 0, asked = 0;
  const weigh = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const own = ++asked;
      const query = new URLSearchParams(new FormData(form));
      history.replaceState(null, "", `?${query}`);
      query.set("part", "1");
      const answer = await fetch(`?${query}`);
      const text = await answer.text();
      if (own !== asked) return;
      if (answer.ok) result.innerHTML = text;
      else result.textContent = new DOMParser().parseFromString(text, "text/html").querySelector("main").textContent;
    }, 120);
  };
  for (const slider of form.querySelectorAll("input[type=range]")) {
    const field = document.getElementById(slider.dataset.of);
    const log = slider.dataset.log === "1";
    const follow = () => {
      const value = field.value === "" ? NaN : Number(field.value);
      if (!Number.isNaN(value)) slider.value = log ? Math.log10(Math.max(value, 1e-9)) : value;
      else slider.value = slider.max;
    };
    follow();
    slider.addEventListener("input", () => {
      field.value = String(log ? Number((10 ** slider.value).toPrecision(2)) : Number(slider.value));
      weigh();
    });
    field.addEventListener("input", () => { follow(); weigh(); });
  }
}

/* Answers are shown while they are written; the page is loaded anew when they stand. Their text is
   set as text, never as HTML. */
for (const form of document.querySelectorAll("form[data-stream]"))
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const shown = document.getElementById("written");
    const [head, place, fault] = shown.children;
    const data = new URLSearchParams(new FormData(form));
    head.textContent = data.get("question");
    place.replaceChildren();
    shown.hidden = false;
    const texts = {};
    const answer = await fetch(form.dataset.stream, { method: "POST", body: data });
    if (!answer.ok) { form.submit(); return; }
    let rest = "", failed = false;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.map((one) => JSON.parse(one))) {
        if (line.fault) { fault.textContent = line.fault; failed = true; continue; }
        if (!(line.arm in texts)) {
          const box = document.createElement("article");
          box.className = "reply";
          const name = document.createElement("h4");
          name.textContent = line.arm;
          texts[line.arm] = document.createElement("p");
          texts[line.arm].className = "text";
          box.append(name, texts[line.arm]);
          place.append(box);
        }
        texts[line.arm].append(line.text);
      }
    }
    if (!failed) location.reload();
  });
