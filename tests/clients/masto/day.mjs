// A full day of a member with masto, from signing in to signing out. What only the other side can
// do is asked for by a line on stdout and answered by a line on stdin.
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";

const { url, otherToken, pictures, push } = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin });
const ask = async (question) => {
  const answered = once(lines, "line");
  console.log(JSON.stringify(question));
  return (await answered)[0];
};
const files = Object.entries(pictures).map(([name, encoded]) => ({
  file: new Blob([Buffer.from(encoded, "base64")], { type: "image/png" }),
  description: `All ${name}`,
}));

const redirectUri = "http://localhost:1/back";
const scope = "read write follow push";
const registered = await createRestAPIClient({ url }).v1.apps.create({
  clientName: "Day",
  redirectUris: redirectUri,
  scopes: scope,
});
const { clientId, clientSecret } = registered;
const address = new URLSearchParams({
  client_id: clientId,
  redirect_uri: redirectUri,
  response_type: "code",
  scope,
});
const code = await ask({ address: `${url}/oauth/authorize?${address}` });
const oauth = createOAuthAPIClient({ url });
const { accessToken } = await oauth.token.create({
  grantType: "authorization_code",
  clientId,
  clientSecret,
  redirectUri,
  code,
});
const maya = createRestAPIClient({ url, accessToken });
const tom = createRestAPIClient({ url, accessToken: otherToken });
const me = await maya.v1.accounts.verifyCredentials();
const other = await tom.v1.accounts.verifyCredentials();

const { configuration } = await maya.v2.instance.fetch();
const streaming = createStreamingAPIClient({ streamingApiUrl: configuration.urls.streaming, accessToken });
const events = streaming.user.subscribe().values();
const heard = async (name, fits) => {
  for (;;) {
    const { value } = await events.next();
    if (value.event === name && fits(value.payload)) return value.payload;
  }
};
// Nothing says that a subscription is there: she writes until she hears herself.
let listening = false;
const greeted = heard("update", () => true).then(() => (listening = true));
while (!listening) {
  await maya.v1.statuses.create({ status: "Good morning" });
  await Promise.race([greeted, new Promise((done) => setTimeout(done, 200))]);
}

const shown = await maya.v1.accounts.updateCredentials({
  displayName: "Maya",
  note: "Math",
  avatar: files[0].file,
});
assert.notEqual(shown.avatar, me.avatar);
await maya.v1.push.subscription.create({
  subscription: { endpoint: push.endpoint, keys: push.keys },
  data: { alerts: { favourite: true } },
  policy: "all",
});

const media = await Promise.all(files.map((one) => maya.v2.media.create(one)));
const mediaIds = media.map((one) => one.id);
const post = await maya.v1.statuses.create({
  status: "Two fields #mastodays",
  mediaIds,
  spoilerText: "Colours",
  visibility: "public",
  quoteApprovalPolicy: "public",
});
assert.deepEqual(post.mediaAttachments.map((one) => one.description), ["All navy", "All teal"]);
assert.equal(post.spoilerText, "Colours");
const asked = await maya.v1.statuses.create({
  status: "Which day?",
  visibility: "public",
  poll: { options: ["Monday", "Friday"], expiresIn: 3600 },
});
const voted = await tom.v1.polls.$select(asked.poll.id).votes.create({ choices: [1] });
assert.deepEqual(voted.ownVotes, [1]);

const scheduledAt = new Date(Date.now() + 86_400_000).toISOString();
const later = await maya.v1.statuses.create({ status: "Later", scheduledAt });
assert.equal(new Date(later.scheduledAt).toISOString(), scheduledAt);
const waiting = await maya.v1.scheduledStatuses.list();
assert.deepEqual(waiting.map((one) => one.id), [later.id]);
await maya.v1.scheduledStatuses.$select(later.id).remove();

const edited = await maya.v1.statuses.$select(post.id).update({
  status: "Edited #mastodays",
  spoilerText: "Colours",
  mediaIds,
});
assert.ok(edited.editedAt);
assert.equal(edited.mediaAttachments.length, 2);
const second = await maya.v1.statuses.create({ status: "And so on", inReplyToId: post.id });
const third = await maya.v1.statuses.create({ status: "And on", inReplyToId: second.id });
const { descendants } = await maya.v1.statuses.$select(post.id).context.fetch();
assert.deepEqual(descendants.map((one) => one.id), [second.id, third.id]);
const quoting = await tom.v1.statuses.create({ status: "See", quotedStatusId: post.id });
assert.equal(quoting.quote.quotedStatus.id, post.id);

await maya.v1.accounts.$select(other.id).follow();
const kept = await maya.v1.lists.create({ title: "Colleagues" });
await maya.v1.lists.$select(kept.id).accounts.create({ accountIds: [other.id] });
const written = await tom.v1.statuses.create({ status: "Exam week", visibility: "public" });
assert.equal((await maya.v1.timelines.list.$select(kept.id).list())[0].id, written.id);
const filter = await maya.v2.filters.create({
  title: "Exams",
  context: ["home"],
  filterAction: "warn",
  keywordsAttributes: [{ keyword: "exam" }],
});
const [newest] = await maya.v1.timelines.home.list({ limit: 1 });
assert.equal(newest.filtered[0].filter.title, "Exams");
const found = await maya.v2.search.fetch({ q: "mastodays", type: "hashtags" });
assert.deepEqual(found.hashtags.map((one) => one.name), ["mastodays"]);

await tom.v1.statuses.$select(post.id).favourite();
const told = await heard("notification", (one) => one.type === "favourite");
assert.equal(told.status.id, post.id);
assert.equal((await maya.v1.notifications.$select(told.id).fetch()).type, "favourite");
await ask({ accessToken, notification: told.id });

await maya.v2.filters.$select(filter.id).remove();
await maya.v1.lists.$select(kept.id).remove();
await maya.v1.accounts.$select(other.id).unfollow();
await maya.v1.notifications.clear();
streaming.close();
await oauth.revoke({ clientId, clientSecret, token: accessToken });
await assert.rejects(maya.v1.accounts.verifyCredentials(), { statusCode: 401 });
console.log(JSON.stringify({ done: true }));
lines.close();
