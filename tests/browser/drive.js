// Drives a page as a reader does and writes what went wrong into the page.
// `scripts/browser` puts it behind the scripts of the page.

// A page that is dumped is not painted and gets no frames.
window.requestAnimationFrame = (callback) => setTimeout(callback, 16);

(async () => {
  const wrong = [];
  window.addEventListener("error", (event) => wrong.push(event.message));
  let checks = 0;
  const check = (what, good) => {
    checks += 1;
    if (!good) wrong.push(what);
  };
  const id = (name) => document.getElementById(name);
  const data = JSON.parse(id("data").textContent);
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const press = async (key) => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await frame();
  };
  const rows = () => [...document.querySelectorAll("#rows .row")];
  const selected = () => document.querySelector("#rows .row.selected");
  const step = () => Number(selected()?.dataset.item);
  const chips = (group) => [...id(group).querySelectorAll("button")];
  const inSight = (element) => {
    const box = element.getBoundingClientRect();
    const frame = id("scroll").getBoundingClientRect();
    return box.top >= frame.top && box.bottom <= frame.bottom + 1;
  };

  try {
    await frame();
    const failing = data.executions[0];
    const last = failing.steps.length - 1;

    check("it renders: the page is ready", document.documentElement.dataset.ready === "true");
    check("it renders: rows are there", rows().length > 0);
    check("only rows in sight are in the document", rows().length < 400);
    check("the finding is named", id("kind").textContent === failing.finding.kind);
    check("the title is not that of harmful text", document.title !== "harmed");
    check("no element comes from text", document.querySelectorAll("img, iframe, object, embed, link").length === 0);
    check("the scenario is text", id("scenario").textContent.length > 0 && id("scenario").children.length === 0);
    check("lanes have heads", document.querySelectorAll(".heads .head").length >= 3);
    check("the lanes are drawn", document.querySelectorAll("#lines .life").length > 0);
    check("the map is drawn", id("map").width > 0);

    const told = id("finding").textContent;
    check("accesses are told", failing.finding.accesses.every((access) => told.includes(access.what)));
    check("locks of accesses are told", failing.finding.accesses.every((access) => access.held.every((object) => told.includes("#" + object))));
    check("waits are told", failing.finding.waits.slice(0, 40).every((wait) => told.includes(wait.op)));

    await press("Home");
    check("Home goes to the first step", step() === 0);
    check("the first step is in sight", inSight(selected()));
    await press("ArrowDown");
    check("↓ steps", step() === 1);
    await press("j");
    check("j steps", step() === 2);
    await press("ArrowUp");
    check("↑ steps back", step() === 1);
    check("the step is told", id("live").textContent.startsWith("step 2,"));
    check("the details follow", id("step").textContent.includes("Step 2"));
    check("the row is the active one", id("scroll").getAttribute("aria-activedescendant") === selected().id);
    check("the source is shown", document.querySelector("#step .source .here") !== null);
    await press("End");
    check("End goes to the end", step() >= last);
    check("the end is in sight", inSight(selected()));
    check("all rows are counted", Number(id("scroll").getAttribute("aria-rowcount")) >= failing.steps.length + 1);

    const preempted = failing.steps.findIndex((s) => s.preemption);
    if (preempted > 0) {
      await press("Home");
      for (let at = 0; at < 20 && step() !== preempted; at += 1) await press("n");
      check("n goes to the preemption", step() === preempted);
      check("the preemption is marked", selected().textContent.includes("»"));
    }
    const ordered = failing.steps.findIndex((s) => s.after);
    if (ordered > 0) {
      await press("Home");
      for (let at = 0; at < ordered; at += 1) await press("j");
      check("arrows of the selected step are drawn", document.querySelector("#lines .mine, #lines .wakes") !== null);
      const button = [...id("step").querySelectorAll(".links button")];
      check("what it comes after can be gone to", button.length > 0);
      await press("b");
      check("b goes back along an arrow", step() < ordered);
    }
    if (failing.wakes.length > 0) {
      await press("Home");
      check("wake-ups in sight are drawn", rows().length < last || document.querySelector("#lines .wakes, #lines .mine") !== null);
    }

    const objects = chips("objects");
    if (objects.length > 0) {
      const object = Number(objects[0].dataset.chip);
      objects[0].click();
      await frame();
      const items = rows().map((row) => Number(row.dataset.item)).filter((item) => item <= last);
      check("the filter by object leaves rows", items.length > 0);
      check("the filter by object leaves only its rows", items.every((item) => failing.steps[item].object === object));
      check("the chip is pressed", chips("objects")[0].getAttribute("aria-pressed") === "true");
      await press("Escape");
      check("Esc clears the filters", chips("objects")[0].getAttribute("aria-pressed") === "false");
    }
    const tasks = chips("tasks");
    const task = Number(tasks[tasks.length - 1].dataset.chip);
    tasks[tasks.length - 1].click();
    await frame();
    const left = rows().map((row) => Number(row.dataset.item)).filter((item) => item <= last);
    check("the filter by task leaves only its rows", left.every((item) => failing.steps[item].task === task));
    check("one lane is left", document.querySelectorAll(".heads .head .dot").length <= 1);
    await press("Escape");

    const height = () => rows()[0].getBoundingClientRect().height;
    await press("+");
    await press("+");
    const large = height();
    for (let level = 0; level < 5; level += 1) await press("-");
    check("− makes it smaller", height() < large / 4);
    check("small rows have no text in sight", getComputedStyle(rows()[0].querySelector(".op")).visibility === "hidden");
    for (let level = 0; level < 3; level += 1) await press("+");

    await press("h");
    check("h fades what is concurrent", id("past").getAttribute("aria-pressed") === "true");
    await press("h");
    await press("a");
    check("a draws all of the order", id("arrows").getAttribute("aria-pressed") === "true");
    await press("a");

    if (data.executions.length > 1) {
      await press("f");
      check("f shows the passing execution", id("kind").textContent === "passes");
      await press("f");
      check("f shows the failing one again", id("kind").textContent === failing.finding.kind);
      if (!id("difference").hidden) {
        await press("d");
        check("d goes to the difference", selected().classList.contains("parts"));
      }
      const deciding = () => [...document.querySelectorAll("#rows .row.decides .op b")].map((op) => op.textContent);
      if (data.decides) {
        check("what decides is told", id("decides").textContent.includes("The order of these two decides"));
        const [first, second] = deciding();
        check("the pair is marked", deciding().length === 2);
        id("other").click();
        await frame();
        check("the passing execution has the pair", id("kind").textContent === "passes" && deciding().length === 2);
        check("the pair is turned round", deciding()[0] === second && deciding()[1] === first);
        id("other").click();
        await frame();
        check("and back", id("kind").textContent === failing.finding.kind);
      } else {
        check("nothing is said to decide", deciding().length === 0 && id("decides").textContent === "");
      }
    }

    const scroll = id("scroll");
    scroll.scrollTop = scroll.scrollHeight / 2;
    scroll.dispatchEvent(new Event("scroll"));
    await frame();
    check("rows follow the scroll position", rows().some(inSight));

    const themes = new Set();
    for (let at = 0; at < 3; at += 1) {
      id("theme").click();
      themes.add(document.documentElement.dataset.theme);
    }
    check("there is a light and a dark theme", themes.size === 2);

    await press("?");
    check("? shows the keys", id("keys").open && id("keys-list").children.length > 20);
    id("keys").close();

    // The browser may tell of a new size or a scroll position late, upon which the
    // page makes its rows anew and hides the tip. Whoever reads moves the mouse again.
    const hovers = async () => {
      let attempts = 0;
      do {
        rows().find(inSight).querySelector(".cell").dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
        await new Promise((done) => setTimeout(done, 500));
        attempts += 1;
      } while (id("tip").hidden && attempts < 10);
      return !id("tip").hidden && id("tip").querySelector(".stack") !== null;
    };
    check("hovering shows the source and the stack", await hovers());
    const target = rows().find(inSight);
    target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    check("a click selects", step() === Number(target.dataset.item));

    const names = [...document.querySelectorAll("button")].filter((b) => !b.textContent.trim() && !b.getAttribute("aria-label"));
    check("every button has a name", names.length === 0);
    const focus = [...document.querySelectorAll('[role="grid"]')].every((grid) => grid.tabIndex === 0);
    check("the grid can be focused", focus);
  } catch (error) {
    wrong.push(`${error}`);
  }
  const result = document.createElement("output");
  result.id = "result";
  result.textContent = wrong.length ? `FAILED: ${wrong.join("; ")}` : `PASSED ${checks} checks`;
  document.body.append(result);
})();
