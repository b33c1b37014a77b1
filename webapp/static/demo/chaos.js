// The processes, the blow that kills one, and what the database says was lost.

import { act } from "./wire.js";
import { announce, icon, make, say } from "./words.js";

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
 * The counts that prove that nothing was lost.
 * @param {object} facts as in webapp/stage.py
 */
export function showFacts(facts) {
  const sms = { received: facts.sms_received, handled: facts.sms_handled, answered: facts.sms_answered };
  const calls = { callbacks: facts.callbacks, live: facts.callbacks_live, twice: facts.answered_twice };
  const settled = facts.sms_received === facts.sms_handled && facts.sms_handled <= facts.sms_answered;
  const lines = [
    fact(settled, say("sms-fact", sms)),
    fact(facts.answered_twice === 0, say("calls-fact", calls), facts.callbacks_live > 0),
    facts.faults.length
      ? fact(false, say("books-wrong", { faults: facts.faults.join("; ") }))
      : fact(true, say("books-right")),
  ];
  const quiet = settled && facts.callbacks_live === 0 && !facts.faults.length && facts.answered_twice === 0;
  const sum = make("p", `facts-sum ${quiet ? "is-well" : ""}`, say(quiet ? "all-well" : "settling"));
  const place = document.getElementById("facts");
  const text = lines.map((line) => line.textContent).join() + sum.textContent;
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.replaceChildren(make("ul", "fact-list", ...lines), sum);
}

function fact(right, words, waits = false) {
  const name = right ? (waits ? "clock" : "circle-check") : "clock";
  return make("li", right && !waits ? "fact is-right" : "fact", icon(name), make("span", "", words));
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
