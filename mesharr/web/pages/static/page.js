"use strict";
// Reads the page again when the node says that something changed. Without this script a page is as it was loaded.
(() => {
  const script = document.currentScript;
  const status = document.getElementById("live");
  const main = document.getElementById("main");
  let reading = false;
  let again = false;

  const isBusy = () => {
    const focused = document.activeElement;
    return focused && focused.closest("[data-live]") && focused.closest("form");
  };

  // Where a user opened or closed something, it stays so.
  const opened = (root) => [...root.querySelectorAll("details")].map((each) => each.open);

  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const before = main.querySelector("[data-live]");
    const after = fresh.querySelector("#main [data-live]");
    if (!before || !after || isBusy()) return;
    const open = opened(before);
    const same = before.querySelectorAll("details").length === after.querySelectorAll("details").length;
    const path = before.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    before.replaceWith(after);
    if (same) [...after.querySelectorAll("details")].forEach((each, at) => { each.open = open[at]; });
    if (path) [...after.querySelectorAll("a")].find((each) => each.getAttribute("href") === path)?.focus();
    const nav = fresh.querySelector("header nav ul");
    const old = document.querySelector("header nav ul");
    if (nav && old && nav.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) old.replaceWith(nav);
  };

  const read = async () => {
    if (reading) { again = true; return; }
    reading = true;
    const began = performance.now();
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.redirected && new URL(answer.url).pathname.endsWith("/login")) location.reload();
      else if (answer.ok) swap(await answer.text());
    } catch {
      // the node restarts: the stream opens again by itself, and says when
    }
    // a page that costs the node much is read seldom
    setTimeout(() => {
      reading = false;
      if (again) { again = false; read(); }
    }, Math.max(500, 10 * (performance.now() - began)));
  };

  if (main.querySelector("[data-again]")) setTimeout(() => location.reload(), 2000);
  if (!main.querySelector("[data-live]") || !window.EventSource) return;
  const events = new EventSource(script.dataset.events);
  events.addEventListener("changed", read);
  events.onopen = () => {
    status.textContent = "· live";
  };
  events.onerror = () => { status.textContent = "· not connected"; };
  window.addEventListener("pagehide", () => events.close());
})();
