// A small server of another make: Fedify answers, signs, verifies and sends; this file only says
// who lives there and notes what arrived. A test drives it over a plain control port.
//
// node peer.mjs '{"domain", "address", "port", "control", "cert", "key", "ca", "names"}'

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { Temporal } from "@js-temporal/polyfill";
import {
  createFederation,
  exportJwk,
  generateCryptoKeyPair,
  importJwk,
  MemoryKvStore,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Announce,
  Create,
  Delete,
  Follow,
  Like,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Agent, buildConnector, setGlobalDispatcher } from "undici";

const settings = JSON.parse(process.argv[2]);
const origin = `https://${settings.domain}`;
const NAME = "hana";

// Names of the test lead to loopback addresses and ports; the authority is the test's own.
const connect = buildConnector({ ca: readFileSync(settings.ca, "utf8") });
setGlobalDispatcher(
  new Agent({
    connect(options, done) {
      const place = settings.names[options.hostname];
      if (place === undefined) return done(new Error(`unknown name ${options.hostname}`), null);
      const [address, port] = place;
      connect(
        { ...options, hostname: address, host: `${address}:${port}`, port, servername: options.hostname },
        done,
      );
    },
  }),
);

const notes = new Map();
const followers = new Set();
const log = [];
const pairs = await Promise.all(
  ["RSASSA-PKCS1-v1_5", "Ed25519"].map((kind) => generateCryptoKeyPair(kind)),
);

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
  origin,
});

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== NAME) return null;
    const keys = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      name: "Hana",
      preferredUsername: identifier,
      summary: "Lives at another make of server",
      inbox: context.getInboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      outbox: context.getOutboxUri(identifier),
      url: new URL(`${origin}/@${identifier}`),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_context, identifier) => (identifier === NAME ? pairs : []));

federation.setObjectDispatcher(Note, "/users/{identifier}/notes/{id}", (_context, values) =>
  notes.get(values.id) ?? null,
);
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(Follow, async (context, follow) => {
    await noted(follow);
    const follower = await follow.getActor(context);
    followers.add(follower.id.href);
    await context.sendActivity(
      { identifier: NAME },
      follower,
      new Accept({
        id: new URL(`#accepts/${crypto.randomUUID()}`, context.getActorUri(NAME)),
        actor: context.getActorUri(NAME),
        object: follow,
      }),
    );
  })
  .on(Activity, (_context, activity) => noted(activity));

async function noted(activity) {
  log.push(await activity.toJsonLd({ format: "compact" }));
}

function address(context, kind) {
  return new URL(`#${kind}/${crypto.randomUUID()}`, context.getActorUri(NAME));
}

const sent = new Map();

async function send(context, recipient, activity) {
  await context.sendActivity({ identifier: NAME }, recipient, activity);
  sent.set(activity.id.href, activity);
  return activity.id.href;
}

// What the test can have done; every function returns the id of the activity.
const acts = {
  async follow(context, { uri }) {
    const target = await context.lookupObject(uri);
    const activity = new Follow({
      id: address(context, "follows"),
      actor: context.getActorUri(NAME),
      object: target.id,
      to: target.id,
    });
    return await send(context, target, activity);
  },
  async post(context, { to, text, answers }) {
    const target = await context.lookupObject(to);
    const id = crypto.randomUUID();
    const note = new Note({
      id: context.getObjectUri(Note, { identifier: NAME, id }),
      attribution: context.getActorUri(NAME),
      content: text,
      to: PUBLIC_COLLECTION,
      cc: context.getFollowersUri(NAME),
      replyTarget: answers === undefined ? null : new URL(answers),
      published: Temporal.Now.instant(),
    });
    notes.set(id, note);
    await send(
      context,
      target,
      new Create({
        id: new URL(`#create`, note.id),
        actor: context.getActorUri(NAME),
        object: note,
        to: PUBLIC_COLLECTION,
        cc: context.getFollowersUri(NAME),
      }),
    );
    return note.id.href;
  },
  async like(context, { to, uri }) {
    const target = await context.lookupObject(to);
    const activity = new Like({
      id: address(context, "likes"),
      actor: context.getActorUri(NAME),
      object: new URL(uri),
    });
    return await send(context, target, activity);
  },
  async announce(context, { to, uri }) {
    const target = await context.lookupObject(to);
    const activity = new Announce({
      id: address(context, "announces"),
      actor: context.getActorUri(NAME),
      object: new URL(uri),
      to: PUBLIC_COLLECTION,
      cc: context.getFollowersUri(NAME),
    });
    return await send(context, target, activity);
  },
  async undo(context, { to, uri }) {
    const target = await context.lookupObject(to);
    const activity = new Undo({
      id: address(context, "undos"),
      actor: context.getActorUri(NAME),
      object: sent.get(uri),
    });
    return await send(context, target, activity);
  },
  async delete(context, { to, uri }) {
    const target = await context.lookupObject(to);
    for (const [id, note] of notes) if (note.id.href === uri) notes.delete(id);
    const activity = new Delete({
      id: address(context, "deletes"),
      actor: context.getActorUri(NAME),
      object: new Tombstone({ id: new URL(uri) }),
      to: PUBLIC_COLLECTION,
    });
    return await send(context, target, activity);
  },
  // What Fedify itself makes of an address, fetched as its actor.
  async look(context, { uri }) {
    const loader = await context.getDocumentLoader({ identifier: NAME });
    const found = await context.lookupObject(uri, { documentLoader: loader });
    return found === null ? null : await found.toJsonLd({ format: "compact" });
  },
};

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function answer(request, response) {
  const has = !["GET", "HEAD"].includes(request.method);
  const made = new Request(`${origin}${request.url}`, {
    method: request.method,
    headers: request.headers,
    body: has ? await body(request) : undefined,
  });
  const result = await federation.fetch(made, { contextData: undefined });
  response.writeHead(result.status, Object.fromEntries(result.headers));
  response.end(Buffer.from(await result.arrayBuffer()));
}

async function control(request, response) {
  const reply = (status, value) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  try {
    if (request.method === "GET") return reply(200, { log, followers: [...followers] });
    const asked = JSON.parse((await body(request)).toString());
    const context = federation.createContext(new URL(origin), undefined);
    return reply(200, { result: await acts[asked.act](context, asked) });
  } catch (error) {
    console.error(error);
    return reply(500, { error: String(error?.stack ?? error) });
  }
}

function guarded(handler) {
  return (request, response) =>
    handler(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
}

https
  .createServer(
    { cert: readFileSync(settings.cert), key: readFileSync(settings.key) },
    guarded(answer),
  )
  .listen(settings.port, settings.address);
http.createServer(guarded(control)).listen(settings.control, settings.address, () => {
  console.log("ready");
});
