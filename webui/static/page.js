// The one module of these pages. Nothing needs it: codes stand in for security keys, and forms
// are sent as they are.

// Security keys (WebAuthn): asks one and sends what it answers with the form around it.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const read = (asked) => {
  const options = JSON.parse(asked);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const one of list ?? []) one.id = bytes(one.id);
  }
  return options;
};

const write = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type,
    response, clientExtensionResults: {},
  });
};

for (const form of document.querySelectorAll("form[data-key]")) {
  if (!globalThis.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    const trouble = form.querySelector("[data-trouble]");
    trouble.hidden = true;
    try {
      const publicKey = read(form.dataset.asked);
      const credential = form.dataset.key === "create"
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      form.elements.answer.value = write(credential);
      form.submit();
    } catch {
      trouble.hidden = false;
    }
  });
}

// What is typed stays in this window (and in no other) until it is sent: a lost connection, a
// reload or a slip of the finger costs nothing. `data-keep` names whose words they are, and where.
const KEPT = "kept ";
const typed = (form) =>
  [...form.elements].filter((one) => one.matches("textarea[name], input[type=text][name], input:not([type])[name]"));

const stored = (name) => {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? null;
  } catch {
    return null;
  }
};

const store = (name, value) => {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // No room, or not allowed: then the browser's own memory has to do.
  }
};

// What was sent from another page of ours, which led here, has arrived.
const from = document.referrer && new URL(document.referrer);
for (const name of Object.keys(globalThis.sessionStorage ?? {})) {
  if (!name.startsWith(KEPT)) continue;
  const kept = stored(name);
  const arrived = kept?.sent && from?.origin === location.origin
    && from.pathname === kept.page && location.pathname !== kept.page;
  if (arrived && !document.querySelector("#errors")) sessionStorage.removeItem(name);
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const name = KEPT + form.dataset.keep;
  const kept = stored(name);
  const before = Object.fromEntries(typed(form).map((one) => [one.name, one.value]));
  const corrected = document.querySelector("#errors, #preview");
  if (kept && !corrected) {
    const back = typed(form).filter((one) => kept.words[one.name] && kept.words[one.name] !== one.value);
    for (const one of back) one.value = kept.words[one.name];
    form.querySelector("[data-kept]").hidden = back.length === 0;
    store(name, { ...kept, sent: false });
  }
  form.addEventListener("input", () => {
    const words = Object.fromEntries(typed(form).map((one) => [one.name, one.value]));
    const changed = Object.keys(words).some((word) => words[word] !== before[word]);
    if (changed) store(name, { words, page: location.pathname, sent: false });
    else sessionStorage.removeItem(name);
  });
  // Whom one answers stands there already: the first word goes behind it, also by keyboard.
  const box = form.querySelector("textarea");
  box?.addEventListener("focus", () => {
    if (box.selectionEnd === 0) box.setSelectionRange(box.value.length, box.value.length);
  }, { once: true });
  form.addEventListener("submit", (event) => {
    const offline = form.querySelector("[data-offline]");
    offline.hidden = navigator.onLine;
    if (!navigator.onLine) {
      event.preventDefault();
      offline.scrollIntoView({ block: "center" });
      return;
    }
    const kept = stored(name);
    if (kept) store(name, { ...kept, sent: true });
  });
}

// The page that stands in for others without a connection shows what is kept in this window.
for (const section of document.querySelectorAll("[data-kept-words]")) {
  const list = section.querySelector("ul");
  for (const name of Object.keys(globalThis.sessionStorage ?? {})) {
    const words = name.startsWith(KEPT) ? Object.values(stored(name)?.words ?? {}).filter(Boolean) : [];
    for (const word of words) {
      const item = document.createElement("li");
      item.textContent = word;
      list.append(item);
    }
  }
  section.hidden = list.children.length === 0;
}

// Who keeps this place among their apps is told by a page of ours when there is no connection.
const installed = ["standalone", "minimal-ui", "fullscreen"].some(
  (way) => matchMedia(`(display-mode: ${way})`).matches);
if (installed && navigator.serviceWorker) navigator.serviceWorker.register("/worker.js").catch(() => {});

// Whoever signs out leaves nothing in the window for the next one at this desk.
for (const form of document.querySelectorAll('form[action="/auth/sign_out"]')) {
  form.addEventListener("submit", () => sessionStorage.clear());
}
