// The header, the filters, the view.

const THEMES = ["auto", "light", "dark"];
let theme = "auto";

function showControls() {
  const execution = shown();
  const finding = execution.finding;
  const kind = byId("kind");
  kind.textContent = finding ? finding.kind : "passes";
  kind.className = finding ? "badge" : "badge good";
  byId("message").textContent = clean(finding ? finding.message : "Nothing is found in this execution.");
  showWhich();
  showChips(byId("tasks"), state.tasks, taskChips(execution));
  showChips(byId("objects"), state.objects, objectChips(execution));
  byId("arrows").setAttribute("aria-pressed", String(state.showOrder));
  byId("past").setAttribute("aria-pressed", String(state.showPast));
  byId("smaller").disabled = state.zoom === 0;
  byId("larger").disabled = state.zoom === ZOOMS.length - 1;
  byId("theme").textContent = `Colours: ${theme}`;
}

const executionName = (execution) => (execution.finding ? "Failing" : "Passing");

function showWhich() {
  const several = state.executions.length > 1;
  byId("difference").hidden = state.difference === null;
  byId("which").hidden = !several;
  if (!several) return;
  fill(
    byId("which"),
    state.executions.map((execution, at) =>
      h("button", { type: "button", "aria-pressed": String(at === state.which), title: "Change between the two (f)", click: () => toggleExecution(at) }, executionName(execution)),
    ),
  );
}

// Shows the other execution, at the same step as far as they are the same.
function toggleExecution(to) {
  const at = state.selected;
  const known = (set, table) => new Set([...set].filter((number) => number < table.length));
  const execution = state.executions[to];
  change({ which: to, tasks: known(state.tasks, execution.tasks), objects: known(state.objects, execution.objects) });
  const same = state.difference === null || at < state.difference;
  select(Math.min(same ? at : state.difference, shown().items - 1));
}

function taskChips(execution) {
  const used = [...execution.byTask.keys()];
  const numbers = new Set([...execution.tasks.keys()].filter((task) => task !== CLOCK).concat(used));
  return [...numbers].sort((a, b) => a - b).map((task) => [task, taskName(execution, task), laneColor(task)]);
}

function objectChips(execution) {
  const used = new Set(execution.steps.map((step) => step.object).filter(isShown));
  return [...used].sort((a, b) => a - b).map((object) => [object, objectName(execution, object), null]);
}

function showChips(group, chosen, chips) {
  const focused = group.contains(document.activeElement) ? document.activeElement.dataset.chip : null;
  fill(
    group,
    chips.map(([number, name, style]) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(chosen.has(number)),
          "data-chip": number,
          title: clean(`Only what concerns ${name}; press several to see them together`),
          click: () => {
            if (!chosen.delete(number)) chosen.add(number);
            change({});
            scrollToRow(Math.max(0, state.rowOf[state.selected]));
          },
        },
        style && h("span", { class: "dot", style }),
        name,
      ),
    ),
  );
  group.parentElement.hidden = chips.length === 0;
  if (focused !== null) group.querySelector(`[data-chip="${focused}"]`)?.focus();
}

function setZoom(level) {
  const scroll = byId("scroll");
  state.zoom = Math.max(0, Math.min(ZOOMS.length - 1, level));
  change({});
  if (state.rows.length) {
    scroll.scrollTop = (state.rowOf[state.selected] + 0.5) * zoom().row - scroll.clientHeight / 2;
    scrollToRow(state.rowOf[state.selected]);
  }
  showRows();
}

function setTheme(name) {
  theme = THEMES.includes(name) ? name : "auto";
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = `Colours: ${theme}`;
}

function rememberTheme(name) {
  try {
    localStorage.setItem("jostle-theme", name);
  } catch {
    // Pages opened from a file may have no storage.
  }
}

function rememberedTheme() {
  try {
    return localStorage.getItem("jostle-theme") ?? "auto";
  } catch {
    return "auto";
  }
}

function clearFilters() {
  state.tasks.clear();
  state.objects.clear();
  change({});
  select(state.selected);
}

function listenToControls() {
  byId("arrows").addEventListener("click", () => change({ showOrder: !state.showOrder }));
  byId("past").addEventListener("click", () => change({ showPast: !state.showPast }));
  byId("smaller").addEventListener("click", () => setZoom(state.zoom - 1));
  byId("larger").addEventListener("click", () => setZoom(state.zoom + 1));
  byId("clear").addEventListener("click", clearFilters);
  byId("difference").addEventListener("click", () => goTo(Math.min(state.difference, shown().items - 1)));
  byId("help").addEventListener("click", showKeys);
  byId("theme").addEventListener("click", nextTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    setTheme(theme);
    showMap();
  });
}

function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(next);
  rememberTheme(next);
  showMap();
}
