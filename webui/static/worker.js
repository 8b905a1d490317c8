// Stands in for the network of members who keep this place among their apps: where there is no
// connection, a page says so. No page of a member and no answer to an app is ever kept.

const { version, page, files } = KEPT;
const OURS = "offline ";
const name = OURS + version;
const kept = new Set([page, ...files]);

self.addEventListener("install", (event) => {
  const asked = [...kept].map((path) => new Request(path, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(name).then((cache) => cache.addAll(asked)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (one) => one.startsWith(OURS) && one !== name;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((one) => caches.delete(one))))
      .then(() => self.clients.claim()));
});

const without = async (request, path) => {
  try {
    return await fetch(request);
  } catch (trouble) {
    const found = await (await caches.open(name)).match(path, { ignoreVary: true });
    if (found) return found;
    throw trouble;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(without(request, page));
  else if (kept.has(pathname)) event.respondWith(without(request, pathname));
});
