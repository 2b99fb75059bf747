// Drag over a graph to see a part of its time: the addresses of the part are those of the links
// "zoom in" and the form, so that one can go back, and send it to others. Escape lets go.
"use strict";

(() => {
  const LEAST = 8; // CSS pixels: less is a click that shook

  const geometries = new Map(); // address of a picture → promise of where its time axis is
  let drag = null;

  // Where the time axis of a picture is, and what times it shows; null if it is no graph.
  function geometry(image) {
    const url = new URL(image.currentSrc || image.src, location.href);
    url.pathname = url.pathname.replace(/\.(svg|png)$/, ".json");
    if (!geometries.has(url.href)) {
      const asked = fetch(url.href)
        .then((answer) => (answer.ok ? answer.json() : { geometry: null }))
        .then((told) => told.geometry)
        .catch(() => {
          geometries.delete(url.href);
          return null;
        });
      geometries.set(url.href, asked);
    }
    return geometries.get(url.href);
  }

  const graph = (event) =>
    event.target instanceof Element ? event.target.closest(".graph .frame img") : null;

  function begin(event) {
    const image = graph(event);
    if (!image || drag || (event.pointerType === "mouse" && event.button !== 0)) {
      return;
    }
    const mark = document.createElement("div");
    mark.className = "selection";
    const from = place(image, event);
    drag = { image, mark, from, to: from, pointer: event.pointerId, known: null };
    const own = drag;
    geometry(image).then((known) => {
      own.known = known;
      show(own);
    });
    image.closest(".frame").dataset.busy = "";
    image.closest(".frame").append(mark);
    image.setPointerCapture(event.pointerId);
    show(drag);
  }

  // How far from the left a pointer is, as a share of the picture's width.
  function place(image, event) {
    const box = image.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  }

  function move(event) {
    if (drag && event.pointerId === drag.pointer) {
      drag.to = place(drag.image, event);
      show(drag);
    }
  }

  // The ends of what is selected, as shares of the picture's width, within the axes.
  function ends({ from, to, known }) {
    const left = known ? known.left / known.image_width : 0;
    const right = known ? (known.left + known.width) / known.image_width : 1;
    const within = (share) => Math.min(right, Math.max(left, share));
    return [within(Math.min(from, to)), within(Math.max(from, to))];
  }

  function show(one) {
    const [left, right] = ends(one);
    const { image, known, mark } = one;
    const share = (part) => (known ? part / known.image_height : 0) * image.offsetHeight;
    mark.style.left = `${image.offsetLeft + left * image.offsetWidth}px`;
    mark.style.width = `${(right - left) * image.offsetWidth}px`;
    mark.style.top = `${image.offsetTop + share(known?.top)}px`;
    mark.style.height = `${known ? share(known.height) : image.offsetHeight}px`;
    mark.textContent = known ? [left, right].map((end) => written(time(known, end))).join(" – ") : "";
  }

  // Unix time, s, at a share of the picture's width.
  function time(known, share) {
    const along = (share * known.image_width - known.left) / known.width;
    return known.start + along * (known.end - known.start);
  }

  const iso = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  const written = (seconds) => iso(seconds).slice(5, 16).replace("T", " ");

  async function end(event) {
    if (!drag || event.pointerId !== drag.pointer) {
      return;
    }
    const own = drag;
    let leads = false;
    own.to = place(own.image, event);
    const known = await geometry(own.image);
    if (drag !== own) {
      return; // let go meanwhile
    }
    own.known = known;
    const [left, right] = ends(own);
    if (known && (right - left) * own.image.offsetWidth >= LEAST) {
      const begun = Math.floor(time(known, left));
      const finished = Math.max(Math.ceil(time(known, right)), begun + 60);
      go(begun, finished);
      leads = true;
    }
    if (!leads) {
      letGo();
    }
  }

  function go(start, finish) {
    const url = new URL(location.href);
    url.searchParams.delete("span");
    url.searchParams.set("start", iso(start));
    url.searchParams.set("end", iso(finish));
    location.assign(url.href);
  }

  function letGo() {
    if (drag) {
      delete drag.image.closest(".frame")?.dataset.busy;
      drag.mark.remove();
      drag = null;
    }
  }

  function ready() {
    for (const hint of document.querySelectorAll(".zoomable")) {
      hint.hidden = false;
    }
  }

  document.addEventListener("pointerover", (event) => {
    const image = graph(event);
    if (image) {
      geometry(image);
    }
  });
  document.addEventListener("pointerdown", begin);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", letGo);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      letGo();
    }
  });
  document.addEventListener("pytomo:updated", ready);
  window.addEventListener("pageshow", letGo); // who comes back finds no selection left
  ready();
})();
