// Source snippets, stacks, and the tip that shows both.

// The lines around a place; null if the file could not be read.
function snippet(execution, place, bad) {
  const at = execution.places[place];
  if (!at?.source) return null;
  const { first, lines } = at.source;
  const text = lines.map((line) => line.replaceAll("\t", "    "));
  const full = text.filter((line) => line.trim());
  const indent = full.length ? Math.min(...full.map((line) => line.length - line.trimStart().length)) : 0;
  return h(
    "pre",
    { class: bad ? "source bad" : "source", tabindex: "0", "aria-label": "Source" },
    text.map((line, offset) => {
      const number = first + offset;
      return h("code", { class: number === at.line ? "code here" : "code" }, h("span", {}, number), line.slice(indent) || " ");
    }),
  );
}

// Where a step stands and how it came there, who made its task where, and so on up to the body.
function stack(execution, task, place) {
  const line = (text) => h("li", { class: "file" }, text);
  const at = execution.places[place];
  const inner = (at?.inner ?? []).map((frame) => line(`${frame.function} at ${lineText(frame.file, frame.line)}`));
  const callers = (at?.callers ?? []).map((frame) => line(`called by ${frame.function} at ${lineText(frame.file, frame.line)}`));
  const lines = [...inner, line(`at ${placeText(execution, place, true)}`), ...callers];
  const seen = new Set();
  for (let at = task; at > MAIN && !seen.has(at); ) {
    seen.add(at);
    const info = execution.tasks[at];
    if (!info) break;
    const text = `${taskName(execution, at)} was spawned by ${taskName(execution, info.parent)} at ${placeText(execution, info.place, true)}`;
    lines.push(h("li", { class: "file" }, text));
    at = info.parent;
  }
  return h("ul", { class: "stack" }, lines);
}

let tipDue = 0;

function hideTip() {
  clearTimeout(tipDue);
  byId("tip").hidden = true;
}

function showTip(row) {
  const execution = shown();
  const number = Number(row.dataset.item);
  const it = item(execution, number);
  const tip = byId("tip");
  fill(
    tip,
    h("p", { class: "title" }, who(execution, it.task), h("b", {}, opText(execution, it)), it.value !== undefined && `= ${it.value}`, h("span", { class: "muted" }, markOf(execution, number))),
    snippet(execution, it.place, ["stuck", "fails"].includes(markOf(execution, number))),
    stack(execution, it.task, it.place),
  );
  tip.hidden = false;
  const cell = row.querySelector(".cell").getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = cell.bottom + 6;
  tip.style.top = `${below + size.height < innerHeight ? below : Math.max(4, cell.top - size.height - 6)}px`;
  tip.style.left = `${Math.max(4, Math.min(cell.left + 10, innerWidth - size.width - 12))}px`;
}

function listenToTips(rows) {
  rows.addEventListener("mouseover", (event) => {
    const row = event.target.closest(".row");
    hideTip();
    if (row) tipDue = setTimeout(() => row.isConnected && showTip(row), 350);
  });
  rows.addEventListener("mouseleave", hideTip);
}
