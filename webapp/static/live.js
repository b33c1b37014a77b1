// Keeps parts of a page true: `/events` hints that something has changed, the page reads it again.
// A part is <div data-live-src="/calls/x/state" data-live-topic="x"> (topic "*": any news) with a
// [data-live-body] that is replaced, a [data-live-note] that says how old it is, a [data-live-say] for ears.
// No stream, no Valkey: every part is read every 5 s. Whatever happens, a part older than 12 s says so.
(() => {
  "use strict";

  const POLL_MS = 5000, STALE_MS = 12000, READ_TIMEOUT_MS = 8000, CONNECT_TIMEOUT_MS = 8000;
  const FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 30000, SLEPT_MS = 4000;
  const GAP_MS = 700;  // between two readings of a part that any news may change: a busy service has no pause

  const parts = () => document.querySelectorAll("[data-live-src]");
  const isOver = (part) => part.querySelector("[data-live-over]") !== null;
  const watched = () => [...parts()].filter((part) => !isOver(part));
  const states = new WeakMap();
  const stateOf = (part) => {
    if (!states.has(part)) {
      // A page out of the browser's cache may be of any age: the server said when it was true.
      const at = Number(part.dataset.liveAt);
      states.set(part, { offset: at - loadedAt, trueAt: loadedAt, reading: false, again: false, failed: false });
    }
    return states.get(part);
  };
  const loadedAt = Date.now();

  let stream = null, isUp = false, heardAt = 0, openedAt = 0, pause = FIRST_PAUSE_MS, connectAt = 0, lastTick = Date.now();

  // --- reading

  const read = async (part) => {
    const state = stateOf(part);
    if (isOver(part)) return;
    if (state.reading) { state.again = true; return; }
    state.reading = true;
    const askedAt = Date.now();
    state.askedAt = askedAt;
    try {
      const answer = await fetch(part.dataset.liveSrc, {
        headers: { "HX-Request": "true" }, cache: "no-store", credentials: "same-origin",
        redirect: "error", signal: AbortSignal.timeout(READ_TIMEOUT_MS),
      });
      if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
        location.reload();  // signed out, or gone: the page itself says what is the matter
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      show(part, await answer.text(), askedAt);
      state.failed = false;
    } catch {
      state.failed = true;  // the note tells; the next round tries again
    } finally {
      state.reading = false;
      if (state.again) { state.again = false; readSoon(part); }
    }
    note(part);
  };
  const readSoon = (part) => {
    const state = stateOf(part), now = Date.now();
    const wait = part.dataset.liveTopic === "*" ? (state.askedAt || 0) + GAP_MS - now : 0;
    if (wait <= 0) { read(part); return; }
    if (state.planned) return;
    state.planned = true;
    setTimeout(() => { state.planned = false; read(part); }, wait);
  };
  const readAll = () => { for (const part of watched()) read(part); };

  const show = (part, html, askedAt) => {
    const body = part.querySelector("[data-live-body]"), state = stateOf(part);
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const head = fresh.querySelector("[data-live-version]"), shown = body.querySelector("[data-live-version]");
    if (head) state.offset = Number(head.dataset.liveNow) - Date.now();
    const older = head && shown && Number(head.dataset.liveVersion) < Number(shown.dataset.liveVersion);
    if (older) return;
    state.held = document.querySelector("dialog[open]") !== null;  // a question about this very part is open
    if (state.held) return;
    state.trueAt = askedAt;
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const kept = [...body.querySelectorAll("[data-live-keep]")];  // parts that renew themselves, and not with each hint
    body.replaceChildren(...fresh.childNodes);
    for (const one of kept) document.getElementById(one.id)?.replaceWith(one);
    if (focused) ((focused.id && document.getElementById(focused.id)) || body).focus({ preventScroll: true });
    say(part, head);
    tickClocks(part);
  };

  const say = (part, head) => {
    const words = head?.dataset.liveSay || "", ears = part.querySelector("[data-live-say]:not([data-live-version])");
    if (ears && ears.textContent !== words) ears.textContent = words;
    if (head?.dataset.liveTitle) document.title = head.dataset.liveTitle;
  };

  // --- how old it is

  const note = (part) => {
    const place = part.querySelector("[data-live-note]"), state = stateOf(part);
    if (!place) return;
    const now = Date.now();
    // What is heard on an open stream proves that nothing has changed since the last reading.
    const since = isUp && !state.failed && !state.reading ? Math.max(state.trueAt, heardAt) : state.trueAt;
    const isStale = !isOver(part) && now - since > STALE_MS;
    let words = "";
    if (isStale) {
      const time = new Intl.DateTimeFormat(document.documentElement.lang, {
        hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: part.dataset.liveZone || undefined,
      }).format(since + state.offset);
      words = part.dataset.liveStale.replace("{time}", time);
    } else if (part === watched()[0] && !isUp && now - loadedAt > CONNECT_TIMEOUT_MS / 2) {  // said once a page
      words = part.dataset.livePolling;
    }
    part.classList.toggle("is-stale", isStale);
    if (place.textContent !== words) place.textContent = words;
    place.hidden = words === "";
  };

  const clock = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, "0");
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const tickClocks = (part) => {
    if (part.classList.contains("is-stale")) return;  // a clock that runs on would pretend to know
    for (const place of part.querySelectorAll("[data-live-since]")) {
      place.textContent = clock(Date.now() + stateOf(part).offset - Number(place.dataset.liveSince));
    }
  };

  // --- the stream

  const connect = () => {
    connectAt = 0;
    if (stream || document.hidden || watched().length === 0) return;
    openedAt = heardAt = Date.now();
    stream = new EventSource("/events");
    const heard = (name, act) => stream.addEventListener(name, (event) => { heardAt = Date.now(); act(event); });
    heard("hello", () => { isUp = true; pause = FIRST_PAUSE_MS; readAll(); });
    heard("beat", () => {});
    heard("news", (event) => {
      const changed = new Set(JSON.parse(event.data));
      for (const part of watched()) {
        if (part.dataset.liveTopic === "*" || changed.has("*") || changed.has(part.dataset.liveTopic)) readSoon(part);
      }
    });
    heard("bye", () => { close(); connect(); });
    heard("away", () => { close(); later(); });
    heard("over", () => { close(); later(); readAll(); });
    stream.addEventListener("error", () => { close(); later(); });
  };
  const close = () => {
    stream?.close();
    stream = null;
    isUp = false;
  };
  const later = () => {
    connectAt = Date.now() + pause * (0.5 + Math.random() / 2);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  };

  // --- time passes

  const wake = () => {
    lastTick = Date.now();
    for (const part of parts()) note(part);
    if (document.hidden) return;
    pause = FIRST_PAUSE_MS;
    close();
    readAll();
    connect();
  };

  const tick = () => {
    const now = Date.now(), slept = now - lastTick > SLEPT_MS;
    lastTick = now;
    if (document.hidden) return;
    if (slept) { wake(); return; }
    if (stream && now - heardAt > (isUp ? STALE_MS : CONNECT_TIMEOUT_MS)) { close(); later(); }
    if (!stream && watched().length && now >= connectAt) connect();
    if (stream && watched().length === 0) close();
    for (const part of parts()) {
      const state = stateOf(part);
      const waits = part.querySelector("[data-live-waits]") !== null;  // no news comes while nobody acts
      const due = !isUp || state.failed || state.held || waits;
      if (due && !state.reading && now - (state.askedAt || loadedAt) >= POLL_MS) read(part);
      note(part);
      tickClocks(part);
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();  // a browser has few connections for all its tabs
    else wake();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("online", wake);
  addEventListener("pagehide", close);
  document.addEventListener("close", () => { for (const part of parts()) if (stateOf(part).held) read(part); }, true);
  connect();
  setInterval(tick, 1000);
})();
