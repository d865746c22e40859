// Keeps a page live. Everything works without it: forms are forms, and loading the page again shows what is new.
//
// The server says over /events that something happened. Then this page is fetched again, and its parts that are marked
// data-live are put in the place of the old ones. A part in which somebody writes is left alone, and says that it is old.
// Text from the server comes as elements that the server escaped; nothing here makes markup out of text.
"use strict";

(() => {
  const WAIT_MS = 250;
  const PAUSE_MS = 1500; // a store where much happens is no reason to do nothing but fetch
  const SHORT_MS = 5 * 60 * 1000;
  const UNITS = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
  const skew = Number(document.body.dataset.now || Date.now()) - Date.now(); // this clock may be wrong, the server's counts

  // -- sign-in by link: the token stands behind "#", which no browser sends

  const takeToken = () => {
    const field = document.getElementById("token");
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (!field || !given) return;
    field.value = given;
    history.replaceState(null, "", location.pathname);
    (document.getElementById("name") || field).focus();
  };

  // -- the time that is left

  const spanText = (ms) => {
    if (ms < 60000) return `${Math.max(Math.floor(ms / 1000), 0)} s`;
    const at = UNITS.findIndex(([unit]) => ms >= unit);
    const [[large, name], [small, other]] = [UNITS[at], UNITS[at + 1]];
    const rest = Math.floor((ms % large) / small);
    return `${Math.floor(ms / large)} ${name}` + (rest ? ` ${rest} ${other}` : "");
  };

  const tick = () => {
    for (const element of document.querySelectorAll("[data-until]")) {
      const left = Number(element.dataset.until) - Date.now() - skew;
      element.textContent = left > 0 ? spanText(left) : "none: it is too late";
      element.classList.toggle("is-short", left < SHORT_MS);
    }
  };

  // -- parts that are fetched again

  const isTouched = (field) => {
    if (field.type === "hidden") return false;
    if (field.tagName === "SELECT") return field.selectedIndex !== Math.max([...field.options].findIndex((each) => each.defaultSelected), 0);
    return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  };

  const isBusy = (part) => {
    const fields = [...part.querySelectorAll("input, textarea, select")];
    return fields.some((field) => field === document.activeElement || isTouched(field));
  };

  const openedIn = (part) => [...part.querySelectorAll("details")].map((each) => each.open);

  const replace = (old, fresh) => {
    const opened = openedIn(old);
    const focused = old.contains(document.activeElement) ? document.activeElement.textContent : null;
    const next = document.importNode(fresh, true);
    old.replaceWith(next);
    next.querySelectorAll("details").forEach((each, index) => { each.open = each.open || Boolean(opened[index]); });
    if (focused !== null) {
      const again = [...next.querySelectorAll("a, button, summary, [tabindex]")].find((each) => each.textContent === focused);
      if (again) again.focus();
    }
    return next;
  };

  const sayOld = (part) => {
    if (part.querySelector(":scope > .stale")) return;
    const note = document.createElement("p");
    note.className = "stale";
    note.setAttribute("role", "status");
    note.textContent = "This has changed since. Load the page again to see how; what you wrote here is kept until then.";
    part.prepend(note);
  };

  const swap = (old, fresh) => {
    if (old.dataset.stamp && old.dataset.stamp === fresh.dataset.stamp) return;
    if (!old.dataset.stamp && old.isEqualNode(fresh)) return;
    if (isBusy(old)) sayOld(old);
    else replace(old, fresh);
  };

  const swapKeyed = (old, fresh) => {
    const known = new Map([...old.children].map((each) => [each.id, each]));
    const wanted = new Set([...fresh.children].map((each) => each.id));
    for (const [id, each] of known) {
      if (wanted.has(id)) continue;
      if (isBusy(each)) sayOld(each);
      else each.remove();
    }
    for (const each of fresh.children) {
      const here = known.get(each.id);
      if (here) {
        swap(here, each);
      } else {
        const added = document.importNode(each, true);
        added.classList.add("is-new");
        old.append(added);
      }
    }
  };

  const show = (fetched) => {
    document.title = fetched.title;
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = fetched.getElementById(part.id);
      if (!fresh) continue;
      if (part.dataset.live === "keyed") swapKeyed(part, fresh);
      else swap(part, fresh);
    }
    tick();
  };

  // -- being told

  const live = document.getElementById("live");
  const say = (text, isOff) => {
    if (!live || live.textContent === text) return;
    live.textContent = text;
    live.classList.toggle("is-off", isOff);
  };

  let timer = 0;
  let isFetching = false;
  let isDue = false;
  let fetched = 0;

  const refresh = async () => {
    timer = 0;
    if (isFetching) {
      isDue = true;
      return;
    }
    isFetching = true;
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { accept: "*/*" } });
      if (answer.status === 401) location.assign("/sign-in");
      else if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } finally {
      isFetching = false;
      fetched = Date.now();
      if (isDue) {
        isDue = false;
        soon();
      }
    }
  };

  const soon = () => {
    isDue = document.hidden; // a page that nobody sees is fetched when somebody looks at it again
    const wait = Math.max(WAIT_MS, fetched + PAUSE_MS - Date.now());
    if (!isDue) timer = timer || setTimeout(() => refresh().catch(() => say("cut off", true)), wait);
  };

  const listen = () => {
    if (!document.body.dataset.events || !document.querySelector("[data-live]")) return;
    const events = new EventSource(document.body.dataset.events);
    events.onopen = () => say("live", false);
    events.onerror = () => say("cut off", true);
    const about = document.querySelector("[data-run]")?.dataset.run;
    const kinds = document.querySelector("[data-kinds]")?.dataset.kinds.split(" ") || [""];
    events.onmessage = (message) => {
      const { event, run } = JSON.parse(message.data);
      if ((!about || run === about) && kinds.some((kind) => event.startsWith(kind))) soon();
    };
    document.addEventListener("visibilitychange", () => { if (!document.hidden && isDue) soon(); });
    addEventListener("pagehide", () => events.close());
  };

  takeToken();
  tick();
  setInterval(tick, 1000);
  listen();
})();
