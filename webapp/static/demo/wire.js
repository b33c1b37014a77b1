// What goes over the wire: verbs to the stage, pictures back. Nothing else of the page fetches JSON.

import { say } from "./words.js";

const root = document.getElementById("demo");
const RETRY_MS = 500;
const SIGN_IN_MS = 10_000; // it takes no longer
const LATE_MS = 4_000; // the service says something every second
const BROKEN_MS = 1_000; // a stream that ended is there again sooner

let staleUntil = 0;

/**
 * POST a verb; the answer's JSON, if it has any. Failures are told on the page, and false is returned.
 * @param {string} path below /demo
 * @param {object|ArrayBuffer} body
 */
export async function act(path, body = {}) {
  try {
    if (Date.now() < staleUntil) await renewToken();
    let answer = await post(path, body);
    if (answer.status === 400 && !isJson(answer)) {
      // Signing in on another tab made new form tokens.
      await renewToken();
      answer = await post(path, body);
    }
    if (answer.ok) {
      showTrouble("");
      return answer.status === 204 ? true : await answer.json();
    }
    const told = isJson(answer) ? (await answer.json()).message : `${answer.status}`;
    showTrouble(say("refused-now", { message: told }));
  } catch {
    showTrouble(say("lost"), "lost");
  }
  return false;
}

/**
 * Follow the pictures; each call brings the parts that are new.
 * @param {(parts: object) => void} onPicture
 */
export function follow(onPicture) {
  let source = null;
  let heardAt = Date.now();
  let brokenAt = Infinity;
  const open = () => {
    source = new EventSource("/demo/events");
    source.onmessage = (event) => {
      heardAt = Date.now();
      brokenAt = Infinity;
      showTrouble("", "lost");
      onPicture(JSON.parse(event.data));
    };
    source.onerror = () => {
      brokenAt = Math.min(brokenAt, Date.now());
      if (source.readyState !== EventSource.CLOSED) return; // it comes again by itself
      setTimeout(open, RETRY_MS);
    };
  };
  const listen = () => {
    const now = Date.now();
    if (now - heardAt > LATE_MS || now - brokenAt > BROKEN_MS) showTrouble(say("lost"), "lost");
  };
  setInterval(listen, 250);
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && open());
}

let troubleKind = "";

/**
 * One line of trouble on top of the page; empty words take it away.
 * @param {string} words
 * @param {string} kind only trouble of this kind is taken away
 */
export function showTrouble(words, kind = "") {
  const place = document.getElementById("trouble");
  if (!words && kind && kind !== troubleKind) return;
  place.textContent = words;
  place.hidden = !words;
  troubleKind = words ? kind : "";
}

/** Somebody signs in on another tab, which makes our tokens worthless in a moment. */
export function expectNewToken() {
  staleUntil = Date.now() + SIGN_IN_MS;
}

/** A fresh token for forms and verbs. */
export async function renewToken() {
  const fresh = await (await fetch("/demo/token")).json();
  root.dataset.csrf = fresh.token;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = fresh.token;
}

function post(path, body) {
  const raw = body instanceof ArrayBuffer;
  return fetch(`/demo/${path}`, {
    method: "POST",
    headers: { "X-CSRFToken": root.dataset.csrf, "Content-Type": raw ? "application/octet-stream" : "application/json" },
    body: raw ? body : JSON.stringify(body),
  });
}

function isJson(answer) {
  return (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
}
