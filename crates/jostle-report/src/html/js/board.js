// The lanes. Only the rows in sight are in the document, so that ten thousand
// steps cost no more than fifty.

const OVERSCAN = 12;

// The elements of rows, by row, as long as nothing but the scroll position changes.
const rowElements = new Map();

function showBoard() {
  const scroll = byId("scroll");
  measure(scroll.clientWidth);
  rowElements.clear();
  byId("rows").replaceChildren();
  const width = Math.max(boardWidth(), scroll.clientWidth);
  const canvas = byId("canvas");
  canvas.style.width = `${width}px`;
  canvas.style.height = `${state.rows.length * zoom().row + 12}px`;
  canvas.classList.toggle("small", !!zoom().small);
  canvas.classList.toggle("dense", !!zoom().dense);
  canvas.style.fontSize = `${zoom().font}px`;
  scroll.setAttribute("aria-rowcount", state.rows.length + 1);
  scroll.setAttribute("aria-colcount", state.lanes.length + 2);
  byId("empty").hidden = state.rows.length > 0;
  showHeads(width);
  showRows();
  showMap();
}

function showHeads(width) {
  const execution = shown();
  const heads = byId("heads");
  heads.style.width = `${width}px`;
  const narrow = zoom().small;
  fill(
    heads,
    h("span", { class: "head gutter", role: "columnheader", style: `width:${GUTTER}px` }, "step"),
    state.lanes.map((task, lane) => {
      const name = taskName(execution, task);
      const style = `left:${laneLeft(lane)}px;width:${state.laneWidth}px;${laneColor(task)}`;
      return h(
        "span",
        { class: "head", role: "columnheader", style, title: clean(name) },
        h("span", { class: "dot" }),
        narrow ? "" : name,
      );
    }),
    !narrow && h("span", { class: "head where", role: "columnheader", style: `width:${state.whereWidth}px` }, "where"),
  );
}

function visibleRows() {
  const scroll = byId("scroll");
  const height = zoom().row;
  const first = Math.max(0, Math.floor(scroll.scrollTop / height) - OVERSCAN);
  const last = Math.min(state.rows.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / height) + OVERSCAN);
  return [first, last];
}

function showRows() {
  const [first, last] = visibleRows();
  const container = byId("rows");
  for (const [row, element] of rowElements) {
    if (row < first || row >= last) {
      element.remove();
      rowElements.delete(row);
    }
  }
  for (let row = first; row < last; row++) {
    if (rowElements.has(row)) continue;
    const element = rowElement(row);
    rowElements.set(row, element);
    container.append(element);
  }
  const scroll = byId("scroll");
  if (state.rows.length) scroll.setAttribute("aria-activedescendant", `row-${state.rowOf[state.selected]}`);
  else scroll.removeAttribute("aria-activedescendant");
  showLines(first, last);
  showMapWindow();
}

function rowElement(row) {
  const execution = shown();
  const number = state.rows[row];
  const it = item(execution, number);
  const isStep = number < execution.steps.length;
  const mark = markOf(execution, number);
  const selected = number === state.selected;
  const lane = state.laneOf.get(it.task) ?? 0;
  const classes = ["row", mark];
  if (it.preemption) classes.push("preempts");
  if (selected) classes.push("selected");
  if (row > 0 && isStep && state.rows[row - 1] !== number - 1) classes.push("gap");
  if (number === state.difference) classes.push("parts");
  if (execution.decides.includes(number)) classes.push("decides");
  if (state.past && !state.past[number]) classes.push("faded");
  const where = placeText(execution, it.place);
  return h(
    "div",
    {
      class: classes.filter(Boolean).join(" "),
      role: "row",
      id: `row-${row}`,
      "aria-rowindex": row + 2,
      "aria-selected": String(selected),
      "data-item": number,
      style: `top:${row * zoom().row}px;height:${zoom().row}px;line-height:${zoom().row}px;width:100%`,
    },
    h("span", { class: "gutter", role: "rowheader", style: `width:${GUTTER}px` }, gutterText(it, isStep, number)),
    h(
      "div",
      {
        class: "cell",
        role: "gridcell",
        "aria-colindex": lane + 2,
        "aria-label": spoken(execution, number),
        style: `left:${laneLeft(lane)}px;width:${state.laneWidth}px;${laneColor(it.task)}`,
      },
      h("span", { class: "op" }, h("b", {}, wordOf(execution, it)), isShown(it.object) && ` #${it.object}`, it.value !== undefined && h("i", {}, ` = ${it.value}`)),
      ["waits", "stuck"].includes(mark) && h("span", { class: "mark" }, mark),
    ),
    !zoom().small &&
      h(
        "span",
        {
          class: "where",
          role: "gridcell",
          "aria-colindex": state.lanes.length + 2,
          style: `width:${state.whereWidth}px`,
        },
        where,
      ),
  );
}

function gutterText(it, isStep, number) {
  if (!isStep) return "";
  return (it.preemption ? "» " : "") + (number + 1);
}

// An item as a sentence, for those who hear it.
function spoken(execution, number) {
  const it = item(execution, number);
  const isStep = number < execution.steps.length;
  return [
    isStep ? `step ${number + 1}` : "end",
    clean(taskName(execution, it.task)),
    opText(execution, it) + (it.value === undefined ? "" : ` = ${it.value}`),
    it.preemption && "preemption",
    execution.decides.includes(number) && "its order decides",
    markOf(execution, number),
    clean(placeText(execution, it.place)),
  ]
    .filter(Boolean)
    .join(", ");
}

function announce() {
  byId("live").textContent = state.rows.length ? spoken(shown(), state.selected) : "nothing";
}

function scrollToRow(row) {
  const scroll = byId("scroll");
  const height = zoom().row;
  const margin = Math.min(3 * height, scroll.clientHeight / 4);
  const top = row * height - margin;
  const bottom = (row + 1) * height + 46 + margin - scroll.clientHeight;
  if (scroll.scrollTop > top) scroll.scrollTop = top;
  else if (scroll.scrollTop < bottom) scroll.scrollTop = bottom;
  const lane = state.laneOf.get(item(shown(), state.rows[row]).task) ?? 0;
  const left = laneLeft(lane) - GUTTER - 12;
  const right = laneLeft(lane + 1) + state.whereWidth + 12 - scroll.clientWidth;
  if (scroll.scrollLeft > left) scroll.scrollLeft = left;
  else if (scroll.scrollLeft < right) scroll.scrollLeft = right;
}

function listenToBoard() {
  const scroll = byId("scroll");
  let due = false;
  scroll.addEventListener("scroll", () => {
    hideTip();
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      showRows();
    });
  });
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) select(Number(row.dataset.item));
  });
  // In the next frame: what showBoard changes may resize the element again, which
  // the browser reports as an error within one.
  new ResizeObserver(() => requestAnimationFrame(showBoard)).observe(scroll);
  listenToTips(byId("rows"));
}
