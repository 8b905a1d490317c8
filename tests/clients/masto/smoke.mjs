// The masto library, as web clients use it: every call of the kernel, in their order.
import { createRestAPIClient } from "masto";
import assert from "node:assert/strict";

const [url, accessToken, otherToken] = process.argv.slice(2);
const maya = createRestAPIClient({ url, accessToken });
const tom = createRestAPIClient({ url, accessToken: otherToken });

const me = await maya.v1.accounts.verifyCredentials();
assert.equal(me.username, "maya");
const other = await tom.v1.accounts.verifyCredentials();
assert.ok((await maya.v1.instance.fetch()).uri);
assert.ok((await maya.v2.instance.fetch()).domain);
assert.ok(await maya.v1.preferences.fetch());
assert.ok(Array.isArray(await maya.v1.lists.list()));
assert.ok(Array.isArray(await maya.v2.filters.list()));
assert.ok(Array.isArray(await maya.v1.announcements.list()));
assert.ok(Array.isArray(await maya.v1.customEmojis.list()));
assert.ok(Array.isArray(await maya.v1.followedTags.list()));
assert.ok(Array.isArray(await maya.v1.followRequests.list()));
assert.ok(await maya.v1.markers.fetch({ timeline: ["home"] }));

await maya.v1.notifications.clear();
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const media = await maya.v2.media.create({
  file: new Blob([picture], { type: "image/png" }),
  description: "A point",
});
assert.ok(media.url);
const post = await maya.v1.statuses.create({
  status: "From masto #js",
  visibility: "public",
  mediaIds: [media.id],
});
assert.equal(post.mediaAttachments[0].description, "A point");
await tom.v1.accounts.$select(me.id).follow();
await tom.v1.statuses.$select(post.id).favourite();
const boost = await tom.v1.statuses.$select(post.id).reblog();
assert.equal(boost.reblog.id, post.id);
await tom.v1.statuses.$select(post.id).bookmark();
const reply = await tom.v1.statuses.create({ status: "@maya hi", inReplyToId: post.id });
const context = await maya.v1.statuses.$select(post.id).context.fetch();
assert.equal(context.descendants[0].id, reply.id);
const told = await maya.v1.notifications.list();
assert.deepEqual(new Set(told.map((one) => one.type)), new Set(["follow", "favourite", "reblog", "mention"]));
await maya.v1.statuses.$select(post.id).update({ status: "From masto, again #js", mediaIds: [media.id] });
assert.equal((await maya.v1.statuses.$select(post.id).history.list()).length, 2);
assert.equal((await maya.v1.accounts.relationships.fetch({ id: [other.id] }))[0].followedBy, true);
assert.equal((await maya.v1.accounts.lookup({ acct: "tom" })).id, other.id);
assert.ok((await maya.v2.search.fetch({ q: "tom", resolve: true })).accounts.length);
for (let at = 0; at < 3; at++) await tom.v1.statuses.create({ status: `${at} #pages`, visibility: "public" });
const pages = [];
for await (const page of maya.v1.timelines.tag.$select("pages").list({ limit: 2 })) pages.push(page.length);
assert.equal(pages.reduce((sum, one) => sum + one), 3);
assert.ok((await tom.v1.timelines.home.list()).length);
assert.ok((await maya.v1.timelines.public.list({ local: true })).length);
await tom.v1.statuses.$select(post.id).unfavourite();
await tom.v1.statuses.$select(post.id).unreblog();
await tom.v1.statuses.$select(post.id).unbookmark();
await tom.v1.accounts.$select(me.id).unfollow();
await maya.v1.accounts.$select(other.id).mute();
await maya.v1.accounts.$select(other.id).unmute();
await maya.v1.accounts.$select(other.id).block();
await maya.v1.accounts.$select(other.id).unblock();
await maya.v1.markers.create({ home: { lastReadId: post.id } });
await maya.v1.accounts.updateCredentials({ displayName: "Maya of masto", fieldsAttributes: [{ name: "a", value: "b" }] });
const filter = await maya.v2.filters.create({
  title: "x",
  context: ["home"],
  keywordsAttributes: [{ keyword: "y" }],
});
await maya.v2.filters.$select(filter.id).remove();
await maya.v1.statuses.$select(post.id).remove();
console.log("all of it");
