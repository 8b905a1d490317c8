"""What apps expect of a server like Mastodon, a line each: priority, method, address, scopes.

From https://docs.joinmastodon.org/methods/ and from what a dozen apps were seen to ask. P0 are
the addresses that apps break without, P1 what they use every day, P2 what is rare, P3 what is
answered but made nowhere here. One of the
scopes is enough; where none is named anybody may ask. `user` is any token of a member, `app`
any token at all, `page` somebody who is signed in.
"""

ROWS = """
P0 GET /api/v1/streaming user
P0 GET /.well-known/nodeinfo
P0 GET /nodeinfo/2.0
P0 GET /nodeinfo/2.1
P1 GET /.well-known/host-meta
P0 GET /.well-known/webfinger
P0 POST /oauth/authorize page
P0 GET /oauth/authorize page
P0 GET /oauth/authorize/native page
P0 POST /auth/sign_in
P1 PUT /api/v1/profile write:accounts
P1 PUT /api/v1/collections/{id} write:collections
P1 PUT /api/v2/notifications/policy write:notifications
P2 PUT /api/v2/media/{id} write:media
P2 GET /api/v1/notifications/policy read:notifications
P2 PATCH /api/v1/notifications/policy write:notifications
P2 GET /api/v1/instance/languages
P2 GET /api/v1/trends
P2 GET /api/v1/domain_blocks/preview read:blocks
P0 POST /oauth/token
P0 POST /oauth/revoke
P0 GET /.well-known/oauth-authorization-server
P0 POST /api/v1/apps
P0 GET /api/v1/apps/verify_credentials app
P0 GET /api/v2/instance
P1 GET /api/v1/instance/peers
P2 GET /api/v1/instance/activity
P1 GET /api/v1/instance/rules
P2 GET /api/v1/instance/domain_blocks
P1 GET /api/v1/instance/extended_description
P2 GET /api/v1/instance/privacy_policy
P2 GET /api/v1/instance/terms_of_service
P2 GET /api/v1/instance/terms_of_service/{date}
P2 GET /api/v1/instance/translation_languages
P0 GET /api/v1/instance
P1 POST /api/v1/accounts write:accounts
P0 GET /api/v1/accounts/verify_credentials profile read:accounts
P1 PATCH /api/v1/accounts/update_credentials write:accounts
P0 GET /api/v1/accounts/{id}
P1 GET /api/v1/accounts
P0 GET /api/v1/accounts/{id}/statuses
P1 GET /api/v1/accounts/{id}/followers
P1 GET /api/v1/accounts/{id}/following
P1 GET /api/v1/accounts/{id}/featured_tags
P1 GET /api/v1/accounts/{id}/lists read:lists
P0 POST /api/v1/accounts/{id}/follow write:follows
P0 POST /api/v1/accounts/{id}/unfollow write:follows
P1 POST /api/v1/accounts/{id}/remove_from_followers write:follows
P1 POST /api/v1/accounts/{id}/block write:blocks
P1 POST /api/v1/accounts/{id}/unblock write:blocks
P1 POST /api/v1/accounts/{id}/mute write:mutes
P1 POST /api/v1/accounts/{id}/unmute write:mutes
P2 POST /api/v1/accounts/{id}/pin write:accounts
P2 POST /api/v1/accounts/{id}/unpin write:accounts
P2 GET /api/v1/accounts/{id}/endorsements
P2 POST /api/v1/accounts/{id}/endorse write:accounts
P2 POST /api/v1/accounts/{id}/unendorse write:accounts
P1 POST /api/v1/accounts/{id}/note write:accounts
P0 GET /api/v1/accounts/relationships read:follows
P1 GET /api/v1/accounts/familiar_followers read:follows
P1 GET /api/v1/accounts/search read:accounts
P0 GET /api/v1/accounts/lookup
P2 GET /api/v1/profile profile read:accounts
P2 PATCH /api/v1/profile write:accounts
P2 DELETE /api/v1/profile/avatar write:accounts
P2 DELETE /api/v1/profile/header write:accounts
P0 POST /api/v1/statuses write:statuses
P0 GET /api/v1/statuses/{id}
P1 GET /api/v1/statuses
P0 DELETE /api/v1/statuses/{id} write:statuses
P0 GET /api/v1/statuses/{id}/context
P2 POST /api/v1/statuses/{id}/translate read:statuses
P1 GET /api/v1/statuses/{id}/reblogged_by
P2 GET /api/v1/statuses/{id}/quotes read:statuses
P1 GET /api/v1/statuses/{id}/favourited_by
P0 POST /api/v1/statuses/{id}/favourite write:favourites
P0 POST /api/v1/statuses/{id}/unfavourite write:favourites
P0 POST /api/v1/statuses/{id}/reblog write:statuses
P0 POST /api/v1/statuses/{id}/unreblog write:statuses
P1 POST /api/v1/statuses/{id}/bookmark write:bookmarks
P1 POST /api/v1/statuses/{id}/unbookmark write:bookmarks
P2 POST /api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke write:statuses
P1 POST /api/v1/statuses/{id}/mute write:mutes
P1 POST /api/v1/statuses/{id}/unmute write:mutes
P1 POST /api/v1/statuses/{id}/pin write:accounts
P1 POST /api/v1/statuses/{id}/unpin write:accounts
P1 PUT /api/v1/statuses/{id} write:statuses
P2 PUT /api/v1/statuses/{id}/interaction_policy write:statuses
P1 GET /api/v1/statuses/{id}/history
P1 GET /api/v1/statuses/{id}/source read:statuses
P0 GET /api/v1/timelines/public
P0 GET /api/v1/timelines/tag/{hashtag}
P0 GET /api/v1/timelines/home read:statuses
P2 GET /api/v1/timelines/link
P1 GET /api/v1/timelines/list/{list_id} read:lists
P0 GET /api/v1/notifications read:notifications
P1 GET /api/v1/notifications/{id} read:notifications
P1 POST /api/v1/notifications/clear write:notifications
P1 POST /api/v1/notifications/{id}/dismiss write:notifications
P1 GET /api/v1/notifications/unread_count read:notifications
P0 GET /api/v2/notifications/policy read:notifications
P1 PATCH /api/v2/notifications/policy write:notifications
P1 GET /api/v1/notifications/requests read:notifications
P2 GET /api/v1/notifications/requests/{id} read:notifications
P1 POST /api/v1/notifications/requests/{id}/accept write:notifications
P1 POST /api/v1/notifications/requests/{id}/dismiss write:notifications
P2 POST /api/v1/notifications/requests/accept write:notifications
P2 POST /api/v1/notifications/requests/dismiss write:notifications
P2 GET /api/v1/notifications/requests/merged read:notifications
P0 GET /api/v2/notifications read:notifications
P1 GET /api/v2/notifications/{group_key} read:notifications
P1 POST /api/v2/notifications/{group_key}/dismiss write:notifications
P1 GET /api/v2/notifications/{group_key}/accounts read:notifications
P1 GET /api/v2/notifications/unread_count read:notifications
P0 POST /api/v2/media write:media
P0 GET /api/v1/media/{id} write:media
P1 DELETE /api/v1/media/{id} write:media
P1 PUT /api/v1/media/{id} write:media
P1 POST /api/v1/media write:media
P1 GET /api/v1/polls/{id}
P1 POST /api/v1/polls/{id}/votes write:statuses
P0 GET /api/v2/search
P1 GET /api/v1/streaming/health
P1 GET /api/v1/streaming/user read:statuses read:notifications
P2 GET /api/v1/streaming/user/notification read:statuses read:notifications
P2 GET /api/v1/streaming/public read:statuses
P2 GET /api/v1/streaming/public/local read:statuses
P2 GET /api/v1/streaming/public/remote read:statuses
P2 GET /api/v1/streaming/hashtag read:statuses
P2 GET /api/v1/streaming/hashtag/local read:statuses
P2 GET /api/v1/streaming/list read:statuses
P2 GET /api/v1/streaming/direct read:statuses
P1 POST /api/v1/push/subscription push
P0 GET /api/v1/push/subscription push
P1 PUT /api/v1/push/subscription push
P1 DELETE /api/v1/push/subscription push
P0 GET /api/v1/markers read:statuses
P0 POST /api/v1/markers write:statuses
P0 GET /api/v1/preferences read:accounts
P0 GET /api/v1/custom_emojis
P0 GET /api/v1/lists read:lists
P1 GET /api/v1/lists/{id} read:lists
P1 POST /api/v1/lists write:lists
P1 PUT /api/v1/lists/{id} write:lists
P1 DELETE /api/v1/lists/{id} write:lists
P1 GET /api/v1/lists/{id}/accounts read:lists
P1 POST /api/v1/lists/{id}/accounts write:lists
P1 DELETE /api/v1/lists/{id}/accounts write:lists
P0 GET /api/v2/filters read:filters
P1 GET /api/v2/filters/{id} read:filters
P1 POST /api/v2/filters write:filters
P1 PUT /api/v2/filters/{id} write:filters
P1 DELETE /api/v2/filters/{id} write:filters
P2 GET /api/v2/filters/{filter_id}/keywords read:filters
P1 POST /api/v2/filters/{filter_id}/keywords write:filters
P2 GET /api/v2/filters/keywords/{id} read:filters
P1 PUT /api/v2/filters/keywords/{id} write:filters
P1 DELETE /api/v2/filters/keywords/{id} write:filters
P2 GET /api/v2/filters/{filter_id}/statuses read:filters
P2 POST /api/v2/filters/{filter_id}/statuses write:filters
P2 GET /api/v2/filters/statuses/{id} read:filters
P2 DELETE /api/v2/filters/statuses/{id} write:filters
P0 GET /api/v1/filters read:filters
P2 GET /api/v1/filters/{id} read:filters
P2 POST /api/v1/filters write:filters
P2 PUT /api/v1/filters/{id} write:filters
P2 DELETE /api/v1/filters/{id} write:filters
P1 GET /api/v1/bookmarks read:bookmarks
P1 GET /api/v1/favourites read:favourites
P1 GET /api/v1/conversations read:statuses
P1 DELETE /api/v1/conversations/{id} write:conversations
P1 POST /api/v1/conversations/{id}/read write:conversations
P0 GET /api/v1/follow_requests read:follows follow
P1 POST /api/v1/follow_requests/{account_id}/authorize write:follows follow
P1 POST /api/v1/follow_requests/{account_id}/reject write:follows follow
P0 GET /api/v1/followed_tags read:follows
P1 GET /api/v1/tags/{name}
P1 POST /api/v1/tags/{name}/follow write:follows
P1 POST /api/v1/tags/{name}/unfollow write:follows
P2 POST /api/v1/tags/{id}/feature write:accounts
P2 POST /api/v1/tags/{id}/unfeature write:accounts
P2 GET /api/v1/featured_tags read:accounts
P2 POST /api/v1/featured_tags write:accounts
P2 DELETE /api/v1/featured_tags/{id} write:accounts
P2 GET /api/v1/featured_tags/suggestions read:accounts
P1 GET /api/v1/trends/tags
P1 GET /api/v1/trends/statuses
P1 GET /api/v1/trends/links
P1 GET /api/v2/suggestions read
P2 DELETE /api/v1/suggestions/{account_id} read
P0 GET /api/v1/announcements user
P1 POST /api/v1/announcements/{id}/dismiss write:accounts
P2 PUT /api/v1/announcements/{id}/reactions/{name} write:favourites
P2 DELETE /api/v1/announcements/{id}/reactions/{name} write:favourites
P1 GET /api/v1/scheduled_statuses read:statuses
P1 GET /api/v1/scheduled_statuses/{id} read:statuses
P1 PUT /api/v1/scheduled_statuses/{id} write:statuses
P1 DELETE /api/v1/scheduled_statuses/{id} write:statuses
P1 GET /api/v1/blocks read:blocks
P1 GET /api/v1/mutes read:mutes follow
P1 GET /api/v1/domain_blocks read:blocks follow
P1 POST /api/v1/domain_blocks write:blocks follow
P1 DELETE /api/v1/domain_blocks write:blocks follow
P1 POST /api/v1/reports write:reports
P2 GET /api/v1/directory
P2 POST /api/v1/collections write:collections
P2 GET /api/v1/collections/{id}
P2 GET /api/v1/accounts/{account_id}/collections
P2 GET /api/v1/accounts/{account_id}/in_collections read:collections
P2 PATCH /api/v1/collections/{id} write:collections
P2 DELETE /api/v1/collections/{id} write:collections
P2 POST /api/v1/collections/{collection_id}/items write:collections
P2 DELETE /api/v1/collections/{collection_id}/items/{id} write:collections
P2 POST /api/v1/collections/{collection_id}/items/{id}/revoke write:collections
P3 GET /api/v1/annual_reports read:accounts
P3 GET /api/v1/annual_reports/{year} read:accounts
P3 GET /api/v1/annual_reports/{year}/state read:accounts
P3 POST /api/v1/annual_reports/{year}/read write:accounts
P3 POST /api/v1/annual_reports/{year}/generate write:accounts
P2 POST /api/v1/emails/confirmations write:accounts
P2 GET /api/oembed
P2 GET /health
P2 GET /api/v1/admin/accounts admin:read:accounts
P2 GET /api/v2/admin/accounts admin:read:accounts
P2 GET /api/v1/admin/accounts/{id} admin:read:accounts
P2 POST /api/v1/admin/accounts/{id}/approve admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/reject admin:write:accounts
P2 DELETE /api/v1/admin/accounts/{id} admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/action admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/enable admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/unsilence admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/unsuspend admin:write:accounts
P2 POST /api/v1/admin/accounts/{id}/unsensitive admin:write:accounts
P2 GET /api/v1/admin/domain_blocks admin:read:domain_blocks
P2 GET /api/v1/admin/domain_blocks/{id} admin:read:domain_blocks
P2 POST /api/v1/admin/domain_blocks admin:write:domain_blocks
P2 PUT /api/v1/admin/domain_blocks/{id} admin:write:domain_blocks
P2 DELETE /api/v1/admin/domain_blocks/{id} admin:write:domain_blocks
P2 GET /api/v1/admin/reports admin:read:reports
P2 GET /api/v1/admin/reports/{id} admin:read:reports
P2 PUT /api/v1/admin/reports/{id} admin:write:reports
P2 POST /api/v1/admin/reports/{id}/assign_to_self admin:write:reports
P2 POST /api/v1/admin/reports/{id}/unassign admin:write:reports
P2 POST /api/v1/admin/reports/{id}/resolve admin:write:reports
P2 POST /api/v1/admin/reports/{id}/reopen admin:write:reports
"""
