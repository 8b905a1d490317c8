// A web app of another origin, as Phanpy and Elk are: signs in, reads, uploads and listens.
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const url = new URLSearchParams(location.search).get("server") ?? sessionStorage.server;
const redirectUri = `${location.origin}/app.html`;
const say = (id, text) => (document.getElementById(id).textContent = text);

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function leaveToSignIn() {
  sessionStorage.server = url;
  const app = await createRestAPIClient({ url }).v1.apps.create({
    clientName: "An app of another origin",
    redirectUris: redirectUri,
    scopes: "read write follow push",
  });
  sessionStorage.app = JSON.stringify(app);
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.verifier = verifier;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const asked = new URLSearchParams({
    client_id: app.clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "read write follow push",
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.href = `${url}/oauth/authorize?${asked}`;
}

async function comeBack(code) {
  const app = JSON.parse(sessionStorage.app);
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code",
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    redirectUri,
    code,
    codeVerifier: sessionStorage.verifier,
    scope: "read write follow push",
  });
  const { accessToken } = token;
  const client = createRestAPIClient({ url, accessToken });
  const me = await client.v1.accounts.verifyCredentials();
  say("state", `Signed in as ${me.acct}`);

  const canvas = new OffscreenCanvas(32, 32);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "teal";
  pen.fillRect(0, 0, 32, 32);
  const file = await canvas.convertToBlob({ type: "image/png" });
  const media = await client.v2.media.create({ file, description: "A teal square" });
  // Web apps draw pictures of other origins: fetched with CORS, or the canvas would be tainted.
  const bytes = await (await fetch(media.url)).blob();
  const drawn = await createImageBitmap(bytes);
  say("picture", `${media.description}, ${drawn.width} wide`);

  await client.v1.statuses.create({ status: "With a picture", mediaIds: [media.id] });
  for (const post of await client.v1.timelines.home.list({ limit: 5 })) {
    const item = document.createElement("li");
    item.textContent = new DOMParser().parseFromString(post.content, "text/html").body.textContent;
    document.getElementById("home").append(item);
  }

  // Pages are found by the Link header, which a browser hides unless it is exposed.
  const paged = await fetch(`${url}/api/v1/timelines/home?limit=1`, {
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  if (!paged.headers.get("Link")) throw new Error("No Link header to be seen");
  // What is refused can be read, too.
  const refused = await fetch(`${url}/api/v1/accounts/verify_credentials`, {
    headers: { Authorization: "Bearer made-up" },
  });
  if (!(await refused.json()).error) throw new Error("A refusal without a reason");

  const instance = await client.v2.instance.fetch();
  const streaming = createStreamingAPIClient({
    streamingApiUrl: instance.configuration.urls.streaming,
    accessToken,
  });
  const heard = [];
  const events = streaming.user.subscribe();
  const listening = (async () => {
    for await (const event of events) {
      const what = typeof event.payload === "string" ? event.payload : event.payload.id;
      heard.push(event.event);
      say("heard", `${event.event} ${what}`);
      if (event.event === "delete") break;
    }
  })();
  // The socket opens when it likes: post until the first one is heard, then take it back.
  let post;
  while (!heard.includes("update")) {
    post = await client.v1.statuses.create({ status: `Written elsewhere ${Math.random()}` });
    await new Promise((done) => setTimeout(done, 500));
  }
  await client.v1.statuses.$select(post.id).remove();
  await listening;
  say("state", `Done: ${heard.includes("update")} ${heard.at(-1)}`);
}

const code = new URLSearchParams(location.search).get("code");
const doing = code ? comeBack(code) : url ? leaveToSignIn() : Promise.resolve(say("state", "Idle"));
doing.catch((error) => say("state", `Failed: ${error.message} ${error.stack}`));
