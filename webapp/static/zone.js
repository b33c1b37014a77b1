// Offers the time zone of the browser where the profile names another one; nothing is chosen by itself.
(() => {
  "use strict";

  const offer = document.querySelector("[data-own-zone]");
  const field = document.querySelector('input[name="time_zone"]');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!offer || !field || !zone || zone === field.value) return;
  if (![...document.querySelectorAll("#time-zones option")].some((one) => one.value === zone)) return;
  offer.querySelector("[data-zone]").textContent = zone;
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", () => {
    field.value = zone;
    offer.hidden = true;
    field.form.querySelector('[type="submit"]').focus();
  });
})();
