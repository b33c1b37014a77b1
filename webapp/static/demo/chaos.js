// The processes, the blow that kills one, and what the database says was lost.

import { act } from "./wire.js";
import { announce, icon, make, say } from "./words.js";

const RIGHT = { icon: "circle-check", look: "is-right" };
const WAITS = { icon: "clock", look: "" };
const WRONG = { icon: "alert-triangle", look: "is-wrong" };
const cards = new Map();

/**
 * Every process as it is now.
 * @param {object[]} processes as in webapp/stage.py
 */
export function showProcesses(processes) {
  const place = document.getElementById("victims");
  for (const one of processes) {
    if (!cards.has(one.name)) {
      const card = victim(one.name);
      cards.set(one.name, card);
      place.append(card);
    }
    const card = cards.get(one.name);
    card.classList.toggle("is-away", !one.pid);
    card.querySelector(".victim-pid").textContent = one.pid ? say("pid", { pid: one.pid }) : say("away");
    const fate = one.back_after_ms === null ? "" : say("back", { ms: one.back_after_ms });
    const deaths = one.deaths === 1 ? say("death") : say("deaths", { count: one.deaths });
    card.querySelector(".victim-fate").textContent = one.deaths ? [deaths, fate].filter(Boolean).join(" · ") : "";
    card.querySelector("button").disabled = !one.pid;
  }
}

/**
 * The counts that prove that nothing was lost, or say what was.
 * @param {object} facts as in webapp/stage.py
 */
export function showFacts(facts) {
  const sms = { received: facts.sms_received, handled: facts.sms_handled, answered: facts.sms_answered };
  const calls = { callbacks: facts.callbacks, live: facts.callbacks_live, twice: facts.answered_twice };
  const replied = facts.sms_answered + facts.replies_unproven;
  const lost = facts.sms_put_aside + facts.replies_failed;
  const silent = facts.sms_handled - facts.replies_owed;
  const smsState = lost ? WRONG : facts.sms_received > facts.sms_handled || facts.replies_owed > replied ? WAITS : RIGHT;
  const callState = facts.answered_twice ? WRONG : facts.callbacks_live ? WAITS : RIGHT;
  const books = facts.faults.length ? say("books-wrong", { faults: facts.faults.join("; ") }) : say("books-right");
  const lines = [
    fact(smsState, say("sms-fact", sms)),
    lost && fact(WRONG, say("sms-lost", { aside: facts.sms_put_aside, failed: facts.replies_failed })),
    silent > 0 && fact(RIGHT, say("sms-silent", { count: silent })),
    facts.replies_unproven && fact(WRONG, say("sms-unproven", { count: facts.replies_unproven })),
    fact(callState, say("calls-fact", calls)),
    fact(facts.faults.length ? WRONG : RIGHT, books),
  ].filter(Boolean);
  const [name, look] = verdict([smsState, callState, facts.faults.length ? WRONG : RIGHT], facts.replies_unproven);
  const sum = make("p", `facts-sum ${look}`, say(name));
  const place = document.getElementById("facts");
  const text = lines.map((line) => line.textContent).join() + sum.textContent;
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.replaceChildren(make("ul", "fact-list", ...lines), sum);
}

function verdict(states, unproven) {
  if (states.includes(WRONG)) return ["not-well", "is-wrong"];
  if (states.includes(WAITS)) return ["settling", ""];
  return unproven ? ["one-unproven", ""] : ["all-well", "is-well"];
}

function fact(state, words) {
  return make("li", `fact ${state.look}`, icon(state.icon), make("span", "", words));
}

function victim(name) {
  const button = make("button", "kill", icon("skull"), make("span", "", say("kill-it")));
  button.type = "button";
  button.setAttribute("aria-label", say("kill", { name }));
  button.addEventListener("click", async () => {
    const hit = await act("kill", { process: name });
    if (hit?.pid) announce(say("hit", { name, pid: hit.pid }));
  });
  return make(
    "li",
    "victim",
    make("span", "victim-head", make("span", "victim-name", make("i", "victim-dot"), name), make("span", "victim-pid")),
    make("small", "victim-does", say(`${name}.does`)),
    make("small", "victim-fate"),
    button,
  );
}
