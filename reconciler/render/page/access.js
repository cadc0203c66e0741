"use strict";
// The page of `reconcile access graph --html`. It reads the JSON in the page, and makes every text with textContent.
// It loads nothing. Numbers in the data are positions in the lists `names`, `sets`, `terms`, `steps` and `lines`.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const MOST_NAMES = 200;
  const MOST_ROWS = 50;
  const MARKS = ["", "unread", "way", "administrator"];
  const WORDS = ["", "perhaps", "can become administrator", "administrator"];
  const FILTERS = [
    ["All", () => true],
    ["Users", (one) => data.names[one].startsWith("user/")],
    ["Roles", (one) => data.names[one].startsWith("role/")],
    ["Others", (one) => !/^(user|role)\//.test(data.names[one])],
    ["Administrators", (one) => data.marks[one] === 3],
    ["Ways to become one", (one) => data.marks[one] === 2],
  ];
  const get = (id) => document.getElementById(id);
  const search = get("search");
  const list = get("names");
  const content = get("content");
  const lower = data.names.map((name) => name.toLowerCase());
  const groupsFrom = index(0);
  const groupsTo = index(1);
  const waysOf = new Map();
  const policiesOf = new Map();
  for (const group of data.ways) for (const one of data.sets[group.who]) waysOf.set(one, group);
  for (const group of data.unread) for (const one of data.sets[group.who]) policiesOf.set(one, group.policies);
  let filter = 0;
  let shown = [];
  let active = -1;
  let chosen = -1;

  function index(side) {
    const found = new Map();
    for (const group of data.groups) {
      for (const one of data.sets[group[side]]) {
        if (!found.has(one)) found.set(one, []);
        found.get(one).push(group);
      }
    }
    return found;
  }

  function make(tag, classes, ...children) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    for (const child of children) {
      if (child !== null) element.append(typeof child === "string" ? document.createTextNode(child) : child);
    }
    return element;
  }

  function badge(one) {
    const mark = data.marks[one];
    return mark ? make("span", `badge ${MARKS[mark]}`, WORDS[mark]) : null;
  }

  const format = (number) => number.toLocaleString("en");

  // The list of names.

  function listNames() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const accepts = FILTERS[filter][1];
    const found = [];
    for (let one = 0; one < data.names.length; one += 1) {
      if (accepts(one) && words.every((word) => lower[one].includes(word))) found.push(one);
    }
    shown = found.slice(0, MOST_NAMES);
    list.replaceChildren(...shown.map(makeOption));
    const left = found.length - shown.length;
    get("count").textContent = left
      ? `The first ${format(shown.length)}, and ${format(left)} more: search.`
      : `${format(found.length)} of ${format(data.names.length)}`;
    activate(shown.length ? 0 : -1);
  }

  function makeOption(one, position) {
    const option = make("li", "", make("span", "", data.names[one]), badge(one));
    option.id = `name-${position}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(one === chosen));
    option.addEventListener("click", () => open(one));
    return option;
  }

  function activate(position) {
    if (list.children[active]) list.children[active].classList.remove("active");
    active = position;
    const option = list.children[position];
    if (!option) {
      search.removeAttribute("aria-activedescendant");
      return;
    }
    option.classList.add("active");
    search.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  // The roles that one can take, or those who can take a role: nearest first, each by a shortest way.

  function follow(start, groups, far) {
    const steps = new Map([[start, null]]);
    const used = new Set();
    const waiting = [start];
    for (const one of waiting) {
      for (const group of groups.get(one) || []) {
        if (used.has(group)) continue;
        used.add(group);
        for (const next of data.sets[group[far]]) {
          if (!steps.has(next)) {
            steps.set(next, { from: one, terms: group[2], depth: depthOf(steps, one) + 1 });
            waiting.push(next);
          }
        }
      }
    }
    steps.delete(start);
    return steps;
  }

  const depthOf = (steps, one) => (steps.get(one) ? steps.get(one).depth : 0);

  // The steps of a way in the order in which they are taken: whom each reaches, and on which terms.
  function listSteps(steps, one, forward) {
    const taken = [];
    for (let at = one; steps.get(at); at = steps.get(at).from) {
      const step = steps.get(at);
      taken.push([forward ? at : step.from, step.terms]);
    }
    return forward ? taken.reverse() : taken;
  }

  function openButton(one) {
    const button = make("button", "name", data.names[one]);
    button.type = "button";
    button.addEventListener("click", () => open(one));
    return button;
  }

  function describeTerms(term) {
    const terms = data.terms[term];
    if (!terms.label) return make("span", "terms", "without conditions");
    const text = make("span", "terms", terms.label);
    if (terms.lines.length) text.append(` (${terms.lines.join("; ")})`);
    return text;
  }

  function makeDirectRow(one, step) {
    return make("li", "", openButton(one), " ", badge(one), describeTerms(step.terms));
  }

  function makeChainRow(start, one, steps, forward) {
    const way = make("span", "terms", data.names[forward ? start : one]);
    for (const [reached, term] of listSteps(steps, one, forward)) {
      const terms = data.terms[term].label;
      way.append(make("span", "arrow", "→"), data.names[reached], terms ? ` (${terms})` : "");
    }
    return make("li", "", openButton(one), " ", badge(one), way);
  }

  // A list that grows when somebody asks for more.

  function addRows(title, entries, makeRow, empty) {
    const heading = make("h3", "", `${title} `, make("span", "number", `(${format(entries.length)})`));
    content.append(heading);
    if (!entries.length) {
      content.append(make("p", "soft", empty));
      return;
    }
    const rows = make("ul", "rows");
    const more = make("button", "more");
    more.type = "button";
    let count = 0;
    const grow = () => {
      const part = entries.slice(count, count + MOST_ROWS);
      count += part.length;
      rows.append(...part.map(makeRow));
      more.hidden = count >= entries.length;
      more.textContent = `and ${format(entries.length - count)} more: show the next ones`;
    };
    more.addEventListener("click", grow);
    grow();
    content.append(rows, more);
  }

  function addWays(one) {
    const group = waysOf.get(one);
    const policies = policiesOf.get(one);
    if (!group) {
      content.append(make("h3", "", "Administrator power"));
      const text = policies ? `Not known: it depends on ${policies.join(", ")}.` : "No known way to it.";
      content.append(make("p", "soft", text));
      return;
    }
    const title = group.administrator ? "Administrator power" : "Ways to administrator power";
    addRows(title, group.ways, (way) => makeWay(one, way), "");
    const everybody = data.sets[group.who];
    if (everybody.length > 1) {
      const count = everybody.length - 1;
      const others = count === 1 ? "1 other has" : `${format(count)} others have`;
      const first = data.names[everybody[0]];
      content.append(make("p", "soft", `${others} the same ways. The statements of first steps are those of ${first}.`));
    }
  }

  function makeWay(one, way) {
    const reason = way.reason.startsWith("→") ? `${data.names[one]} ${way.reason}` : way.reason;
    const summary = make("summary", "", reason, " ", make("code", "soft", way.path));
    if (way.terms) summary.append(make("span", "terms", way.terms));
    const steps = make("ol", "");
    way.steps.forEach((number, position) => {
      const step = data.steps[number];
      const who = position ? data.names[step.who] || step.who : data.names[one];
      const item = make("li", "", `${who} ${step.reason}`, step.terms ? `, ${step.terms}` : "");
      for (const line of step.lines) item.append(make("code", "statement", data.lines[line]));
      steps.append(item);
    });
    const block = make("details", "", summary, steps);
    return make("li", "", block);
  }

  function open(one) {
    chosen = one;
    const name = data.names[one];
    content.replaceChildren(make("h2", "", name));
    if (data.marks[one]) content.append(badge(one));
    addWays(one);
    const forward = follow(one, groupsFrom, 1);
    const direct = [...forward].filter(([, step]) => step.depth === 1);
    const far = [...forward].filter(([, step]) => step.depth > 1);
    addRows("Can assume", direct, ([role, step]) => makeDirectRow(role, step), "No role of this account.");
    if (far.length) addRows("Can take through these", far, ([role]) => makeChainRow(one, role, forward, true), "");
    if (name.startsWith("role/")) {
      const backward = follow(one, groupsTo, 0);
      const near = [...backward].filter(([, step]) => step.depth === 1);
      const distant = [...backward].filter(([, step]) => step.depth > 1);
      addRows("Can be assumed by", near, ([who, step]) => makeDirectRow(who, step), "Nobody.");
      const makeRow = ([who]) => makeChainRow(one, who, backward, false);
      if (distant.length) addRows("Can be taken through these by", distant, makeRow, "");
    }
    shown.forEach((other, position) => list.children[position].setAttribute("aria-selected", String(other === one)));
    document.body.classList.add("opened");
    get("details").scrollTop = 0;
    get("details").setAttribute("aria-label", name);
    get("details").focus();
  }

  function close() {
    document.body.classList.remove("opened");
    search.focus();
  }

  search.addEventListener("input", listNames);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      activate(Math.max(0, Math.min(shown.length - 1, active + step)));
    } else if (event.key === "Enter" && shown[active] !== undefined) {
      open(shown[active]);
    } else if (event.key === "Escape") {
      search.value = "";
      listNames();
    } else {
      return;
    }
    event.preventDefault();
  });
  get("details").addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  get("back").addEventListener("click", close);

  FILTERS.forEach(([text, accepts], position) => {
    const count = data.names.reduce((sum, _, one) => sum + (accepts(one) ? 1 : 0), 0);
    const button = make("button", "", `${text} ${format(count)}`);
    button.type = "button";
    button.setAttribute("aria-pressed", String(position === 0));
    button.addEventListener("click", () => {
      filter = position;
      [...get("filters").children].forEach((other, at) => other.setAttribute("aria-pressed", String(at === position)));
      listNames();
    });
    get("filters").append(button);
  });
  get("about").textContent = data.about;
  content.append(make("p", "soft", "Choose a user, a role or another principal to see whom it can become, on which terms."));
  for (const note of data.notes) content.append(make("p", "soft", note));
  listNames();
  search.focus({ preventScroll: true });
})();
