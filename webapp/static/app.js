// What pages gain from JavaScript; each works without it. No inline handlers, no eval: the policy forbids both.
(() => {
  "use strict";

  const root = document.documentElement;

  // The theme changes in place and is remembered in the same cookie as the form would set.
  const chooseTheme = (theme) => {
    root.dataset.look = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", theme);
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      meta.content = getComputedStyle(document.body).backgroundColor;
    }
    document.querySelector(`.theme-choice .to-${theme === "dark" ? "light" : "dark"}`)?.focus();
    document.dispatchEvent(new CustomEvent("ringback:theme", { detail: theme }));
  };

  // A question before something that cannot be undone.
  const ask = (form, submitter) => {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const words = document.createElement("p");
    words.id = "ask-words";
    words.textContent = form.dataset.confirm;
    dialog.setAttribute("aria-labelledby", words.id);
    const answers = document.createElement("div");
    answers.className = "ask-answers";
    const no = document.createElement("button");
    no.className = "btn";
    no.textContent = root.dataset.wordCancel || "Cancel";
    const yes = document.createElement("button");
    yes.className = "btn btn-hang-up";
    yes.textContent = form.dataset.confirmLabel || submitter?.textContent.trim() || "OK";
    answers.append(no, yes);
    dialog.append(words, answers);
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      form.dataset.confirmed = "yes";
      dialog.close();
      form.requestSubmit(submitter || undefined);
    });
    dialog.showModal();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches(".theme-choice") && event.submitter) {
      event.preventDefault();
      chooseTheme(event.submitter.value);
      return;
    }
    if (form.dataset.confirm && form.dataset.confirmed !== "yes") {
      event.preventDefault();
      event.stopPropagation();
      ask(form, event.submitter);
      return;
    }
    delete form.dataset.confirmed;
  }, true);

  // A second press while the first is under way is ignored; a page brought back from the cache is free again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent === "yes") event.preventDefault();
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });

  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // A form that came back starts where it has to be mended.
  document.querySelector('[aria-invalid="true"]')?.focus();

  // <button data-copy="text" data-copied="Copied"> puts the text on the clipboard and says so.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    const words = button.querySelector("[data-words]") || button;
    const before = words.textContent;
    words.textContent = button.dataset.copied || before;
    setTimeout(() => { words.textContent = before; }, 2000);
  });

  // <select data-submit> sends its form when another option is chosen.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form?.requestSubmit();
  });
})();
