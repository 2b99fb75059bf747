// Keeps a page up to date without loading it again: asks for it every few seconds, and puts what
// has changed in the place of what was there. Without it every page works, too.
"use strict";

(() => {
  const LIVE = 4000; // ms between questions while a crawl goes on
  const STILL = 10000; // ms otherwise: a newer database may appear
  const LONGEST = 60000; // ms after several errors
  const PATIENCE = 5000; // ms to wait for new pictures before they are shown

  let tag = ""; // the version that is shown, as the server names it
  let shown = ""; // the content as the server sent it
  let failures = 0;
  let timer = 0;

  const main = () => document.querySelector("main");

  function later() {
    clearTimeout(timer);
    const pause = document.getElementById("status").classList.contains("live") ? LIVE : STILL;
    if (!document.hidden) {
      timer = setTimeout(ask, Math.min(pause * 2 ** failures, LONGEST));
    }
  }

  async function ask() {
    try {
      if (!busy()) {
        const headers = tag ? { "If-None-Match": tag } : {};
        const answer = await fetch(location.href, { headers, cache: "no-store" });
        if (answer.status !== 304) {
          await renew(answer);
        }
      }
      failures = 0;
    } catch {
      failures += 1;
      lost();
    }
    later();
  }

  // Whether the reader is in the middle of something that new content would take away.
  function busy() {
    const selection = document.getSelection();
    const active = document.activeElement;
    return (
      (selection && !selection.isCollapsed && main().contains(selection.anchorNode)) ||
      (main().contains(active) && active.matches("input, select, textarea")) ||
      main().querySelector("[data-busy]")
    );
  }

  async function renew(answer) {
    if (!(answer.headers.get("Content-Type") || "").startsWith("text/html")) {
      throw new Error(`${answer.status} ${answer.statusText}`);
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector("main");
    const text = content.innerHTML;
    const version = answer.headers.get("ETag") || "";
    if (text !== (shown || main().innerHTML)) {
      await freshPictures(content, version);
      if (busy()) {
        return; // the same comes again with the next question
      }
      replace(content);
    }
    shown = text;
    tag = version;
    document.title = page.title;
    renewHead(page);
  }

  // Browsers show a picture of the same address again without asking: give it a new one.
  async function freshPictures(content, version) {
    const mark = (address) => {
      const url = new URL(address, location.href);
      if (!url.pathname.startsWith("/static/")) {
        url.searchParams.set("fresh", version.replace(/\W/g, ""));
      }
      return url.pathname + url.search;
    };
    for (const source of content.querySelectorAll("source[srcset]")) {
      source.srcset = mark(source.getAttribute("srcset"));
    }
    for (const image of content.querySelectorAll("img[src]")) {
      image.src = mark(image.getAttribute("src"));
    }
    const old = [...main().querySelectorAll("img")];
    const all = [...content.querySelectorAll("img")];
    const visible = all.filter((_, index) => old[index] && onScreen(old[index]));
    const loading = visible.map((image) => loaded(chosen(image)));
    await Promise.race([
      Promise.all(loading),
      new Promise((resolve) => setTimeout(resolve, PATIENCE)),
    ]);
  }

  function chosen(image) {
    const sources = image.closest("picture")?.querySelectorAll("source[srcset]") || [];
    const fitting = [...sources].find((source) => !source.media || matchMedia(source.media).matches);
    return fitting ? fitting.getAttribute("srcset") : image.getAttribute("src");
  }

  function loaded(address) {
    return new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = address;
    });
  }

  function onScreen(element) {
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < window.innerHeight;
  }

  // The new content, with everything opened, scrolled and focused as the old one was.
  function replace(content) {
    const before = main();
    const open = places(before, "details").map((details) => details.open);
    const scrolled = places(before, ".table").map((box) => [box.scrollLeft, box.scrollTop]);
    const focused = before.contains(document.activeElement) ? name(document.activeElement) : "";
    before.replaceChildren(...content.childNodes);
    places(before, "details").forEach((details, index) => {
      details.open = open[index] ?? details.open;
    });
    places(before, ".table").forEach((box, index) => {
      [box.scrollLeft, box.scrollTop] = scrolled[index] || [0, 0];
    });
    if (focused) {
      const same = [...before.querySelectorAll("*")].find((element) => name(element) === focused);
      (same || before).focus({ preventScroll: true });
    }
    document.dispatchEvent(new CustomEvent("pytomo:updated"));
  }

  const places = (content, selector) => [...content.querySelectorAll(selector)];

  // What makes an element the same one in another version of the page.
  function name(element) {
    const kept = ["id", "href", "name", "aria-label", "aria-labelledby"];
    return [
      element.tagName,
      ...kept.map((attribute) => element.getAttribute(attribute) || ""),
      element.matches("a, button, summary") ? element.textContent : "",
    ].join("|");
  }

  function renewHead(page) {
    const status = document.getElementById("status");
    const next = page.getElementById("status");
    const switched = page.body.dataset.database !== document.body.dataset.database;
    if (switched || next.className !== status.className) {
      document.getElementById("news").textContent = next.textContent;
    }
    document.body.dataset.database = page.body.dataset.database || "";
    status.className = next.className;
    status.textContent = next.textContent;
    const choice = document.getElementById("db");
    const choices = page.getElementById("db");
    if (!choice || !choices) {
      renewPicker(page);
    } else if (choice !== document.activeElement && choice.innerHTML !== choices.innerHTML) {
      choice.replaceChildren(...choices.childNodes);
    }
  }

  // The choice of databases appears with the first of them.
  function renewPicker(page) {
    const picker = page.querySelector(".picker");
    if (picker && !document.querySelector(".picker")) {
      document.getElementById("status").after(picker);
    }
  }

  function lost() {
    const status = document.getElementById("status");
    const text = "No answer from the dashboard; trying again";
    if (failures === 2) {
      document.getElementById("news").textContent = text;
    }
    status.className = "status empty";
    status.textContent = text;
    tag = ""; // whatever comes next is to be shown
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      failures = 0;
      ask();
    }
  });
  later();
})();
