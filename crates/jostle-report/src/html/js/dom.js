// Elements and text. Whatever comes from the program under test becomes text
// here and never markup.

const byId = (id) => document.getElementById(id);

// Without characters that reverse the direction of what follows or show nothing.
function clean(text) {
  const odd = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
  return String(text).replace(odd, (c) => (c === "\t" ? " " : `\\u{${c.charCodeAt(0).toString(16)}}`));
}

// An element: h("p", {class: "muted"}, "text", child, …). Properties that are
// functions listen to the event of that name; null and false are left out.
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : clean(child));
  }
}

function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

function svgPath(className, d) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", className);
  path.setAttribute("d", d);
  return path;
}

const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
