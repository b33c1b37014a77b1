// One phone: its SMS, the call that comes in, the call it is in. It is told how it looks; presses become verbs.

import { Ear, unlock } from "./ear.js";
import { silence, speaker, speakThrough } from "./mouth.js";
import { act, showTrouble } from "./wire.js";
import { announce, make, say, tell } from "./words.js";

const LEAVE_MS = 1500; // the last second of a call may still be heard

export class Phone {
  /**
   * @param {HTMLElement} element
   * @param {number} pan where it is heard, -1 left … 1 right
   */
  constructor(element, pan) {
    this.element = element;
    this.id = element.dataset.phone;
    this.ear = new Ear(this.id, pan);
    this.looks = null;
    this.told = ""; // the SMS shown already
    this.edited = false;
    this.clockOffsetMs = 0;
    this.#listenToPresses();
  }

  /** An element of this phone. @param {string} selector */
  find(selector) {
    return this.element.querySelector(selector);
  }

  /**
   * Look like this from now on.
   * @param {object} looks a `Phone` of webapp/stage.py
   * @param {object} step what to do next
   * @param {number} nowMs the server's clock
   */
  show(looks, step, nowMs) {
    const before = this.looks;
    this.looks = looks;
    this.clockOffsetMs = nowMs - Date.now();
    if (before?.state !== looks.state) this.#changeState(before?.state, looks);
    for (const place of this.element.querySelectorAll(".call-who")) place.textContent = looks.display;
    this.#showSms(looks);
    this.#showSuggestions(looks, step);
    if (looks.state === "in-call") this.#showCall(looks);
  }

  /** Its moving parts: the clock of the call, the level of what is heard. */
  tick() {
    if (this.looks?.state !== "in-call") return;
    const seconds = Math.max(0, Math.floor((Date.now() + this.clockOffsetMs - this.looks.since_ms) / 1000));
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const place = this.find(".call-time");
    if (place.textContent !== time) place.textContent = time;
    const bars = this.element.querySelectorAll(".level i");
    const lit = Math.round(this.ear.level() * bars.length);
    bars.forEach((bar, at) => bar.classList.toggle("on", at < lit));
  }

  /** Answer as its owner would: the press also lets the browser play sound. */
  answer() {
    this.hear(true);
    return act(`phones/${this.id}/answer`);
  }

  /** Hear what it hears, or stop. @param {boolean} on */
  hear(on) {
    if (on) this.ear.start();
    else this.ear.stop();
    this.#press(".hear", on);
  }

  send() {
    const field = this.find("textarea");
    const text = field.value.trim();
    if (!text) return field.focus();
    this.edited = false;
    field.value = "";
    return act(`phones/${this.id}/sms`, { text });
  }

  /** Press all the keys that lead on, each lighting up. */
  dialAll() {
    const keys = this.looks?.dials;
    if (!keys) return;
    [...keys].forEach((key, at) => setTimeout(() => this.#light(key), at * 90));
    return act(`phones/${this.id}/press`, { keys });
  }

  /** @param {string} tune */
  play(tune) {
    this.find(".tune-choice").value = tune;
    return act(`phones/${this.id}/play`, { tune });
  }

  hangUp() {
    return act(`phones/${this.id}/hang-up`);
  }

  #listenToPresses() {
    const on = (selector, kind, work) => this.find(selector).addEventListener(kind, work);
    on(".composer", "submit", (event) => (event.preventDefault(), this.send()));
    on("textarea", "input", () => (this.edited = this.find("textarea").value !== ""));
    on("textarea", "keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    on(".answer", "click", () => this.answer());
    on(".decline", "click", () => this.hangUp());
    on(".hang-up", "click", () => this.hangUp());
    on(".dial-all", "click", () => this.dialAll());
    on(".tune-choice", "change", (event) => this.play(event.target.value));
    on(".hear", "click", () => (unlock(), this.hear(!this.ear.isOn)));
    on(".mute", "click", () => act(`phones/${this.id}/mute`, { on: !this.looks.muted }));
    on(".speak", "click", () => this.#toggleMicrophone());
    on(".keypad", "click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (!key) return;
      this.#light(key);
      act(`phones/${this.id}/press`, { keys: key });
    });
    on(".talking", "keydown", (event) => {
      if (!/^[0-9*#]$/.test(event.key) || event.target.matches("select")) return;
      this.#light(event.key);
      act(`phones/${this.id}/press`, { keys: event.key });
    });
  }

  #changeState(before, looks) {
    this.element.dataset.state = looks.state;
    this.find(".incoming").hidden = looks.state !== "ringing";
    this.find(".talking").hidden = looks.state !== "in-call";
    const held = this.element.contains(document.activeElement);
    this.find(".messages").inert = looks.state !== "idle";
    const focus = (selector) => held && this.find(selector).focus({ preventScroll: true });
    if (looks.state === "ringing") {
      announce(say("ringing-now", { name: looks.name, caller: looks.display }));
      focus(".answer");
    }
    if (looks.state === "in-call") {
      announce(say("in-call-now", { name: looks.name }));
      focus(".talking"); // its keys are those of the keyboard, too
    }
    if (looks.state === "idle" && before) {
      if (before === "in-call") announce(say("over-now", { name: looks.name }));
      if (speaker() === this.id) this.#toggleMicrophone();
      setTimeout(() => this.looks.state === "idle" && this.hear(false), LEAVE_MS);
      focus(".thread"); // not the text: it would open a keyboard
    }
  }

  #showSms(looks) {
    const state = JSON.stringify(looks.sms);
    if (state === this.told) return;
    const thread = this.find(".thread");
    const known = this.told ? JSON.parse(this.told).length : 0;
    const bubbles = looks.sms.map((sms) => {
      const bubble = make("li", `bubble ${sms.sent ? "out" : "in"} ${sms.state}`, make("span", "bubble-text", sms.text));
      if (sms.sent) bubble.append(make("small", "", say(sms.state)));
      return bubble;
    });
    thread.replaceChildren(...bubbles);
    requestAnimationFrame(() => (thread.scrollTop = thread.scrollHeight));
    if (this.told) {
      const fresh = looks.sms.slice(known).filter((sms) => !sms.sent);
      for (const sms of fresh) announce(say("sms-now", { name: looks.name, text: sms.text }));
    }
    this.told = state;
  }

  #showSuggestions(looks, step) {
    const field = this.find("textarea");
    const leads = step.phone === this.id && ["register", "prove", "ask"].includes(step.name);
    const wanted = leads ? looks.suggestions[0].text : "";
    if (!this.edited && field.value !== wanted && (leads || field.value === this.prefilled)) field.value = wanted;
    if (!this.edited) this.prefilled = wanted;
    const chips = this.find(".chips");
    const key = JSON.stringify(looks.suggestions);
    if (chips.dataset.key === key) return;
    chips.dataset.key = key;
    chips.replaceChildren(
      ...looks.suggestions.map(({ why, text }) => {
        const chip = make("button", "chip", say(`why.${why}`));
        chip.type = "button";
        chip.title = text;
        chip.addEventListener("click", () => {
          field.value = text;
          this.edited = true;
          field.focus();
        });
        return chip;
      }),
    );
  }

  #showCall(looks) {
    this.#put(".caption", tell(looks.caption) || "\u00a0");
    this.#put(".typed", looks.typed);
    const dial = this.find(".dial-all");
    dial.hidden = !looks.dials;
    if (looks.dials) this.#put(".dial-all", say("dial", { keys: looks.dials }));
    this.#press(".mute", looks.muted);
    this.#press(".speak", speaker() === this.id);
    const tunes = this.find(".tune-choice");
    if (document.activeElement !== tunes) tunes.value = looks.tune;
  }

  async #toggleMicrophone() {
    if (speaker() === this.id) silence();
    else if (!(await speakThrough(this.id))) showTrouble(say("no-microphone"));
    this.#press(".speak", speaker() === this.id);
  }

  #light(key) {
    const button = this.find(`[data-key="${key}"]`);
    button.classList.add("lit");
    setTimeout(() => button.classList.remove("lit"), 160);
  }

  #press(selector, on) {
    this.find(selector).setAttribute("aria-pressed", String(on));
  }

  #put(selector, text) {
    const place = this.find(selector);
    if (place.textContent !== text) place.textContent = text;
  }
}
