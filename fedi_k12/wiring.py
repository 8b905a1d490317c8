"""Which function does which job: the one table that knows both ends."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from federation import featured_learning, moving
from federation.agree import synchronise_followers
from federation.backfill import backfill_thread, gather_thread
from federation.cards import fetch_card
from federation.importing import carry_out_import
from federation.introduce import introduce_account
from federation.outbound import (
    approvals,
    events,
    featured,
    featuring,
    followings,
    forwards,
    groups,
    leaving,
    moderation,
    polls,
    posts,
    profiles,
    reactions,
    relays,
    rulings,
)
from federation.process import process_inbox
from federation.quoting import RECHECK_EVERY, recheck_quotes, verify_quote
from federation.resolve import fetch_thread, refresh_account, refresh_poll
from fedi_k12.context import Context
from fedi_k12.domain import (
    alert_jobs,
    collection_jobs,
    consent_jobs,
    digest_jobs,
    event_jobs,
    jobs,
    leaving_jobs,
    mail_jobs,
    push_jobs,
    record_jobs,
    relay_jobs,
    tag_jobs,
    timed_jobs,
)
from fedi_k12.services import discussion_clock
from fedi_k12.services.alerts import end_alert
from fedi_k12.services.archive_import import take_archive
from fedi_k12.services.classrooms import step_classroom
from fedi_k12.services.departures import step_departure
from fedi_k12.services.desk_queue import release_unseen
from fedi_k12.services.digest_writing import keep_digests
from fedi_k12.services.feed_reading import read_feed_now, read_feeds
from fedi_k12.services.likeness import compare_names
from fedi_k12.services.media_making import let_files_go, make_media
from fedi_k12.services.offices import end_terms
from fedi_k12.services.polls import close_poll
from fedi_k12.services.push_sending import send_push, send_summary
from fedi_k12.services.records_chain import checkpoint_records
from fedi_k12.services.records_files import make_records_file
from fedi_k12.services.reminders import EVERY, remind_guests
from fedi_k12.services.restrictions import end_restriction
from fedi_k12.services.scheduled import publish_scheduled
from fedi_k12.services.tag_posts import announce_tagged
from fedi_k12.services.tidying import forget_remote_posts
from fedi_k12.services.upkeep import sweep_store
from webui import departure_letters, family_letters, mailing, take_down_letters
from webui.alert_rendering import render_alerts
from webui.notice_letters import find_due_letters, send_mailing

JobHandler = Callable[[Context, Any], Awaitable[None]]

JOB_HANDLERS: Mapping[type[jobs.Job], JobHandler] = {
    jobs.ProcessInbox: process_inbox,
    jobs.FederatePost: posts.federate_post,
    jobs.ForwardActivity: forwards.forward_activity,
    jobs.FederateEdit: posts.federate_edit,
    consent_jobs.RequestApproval: approvals.request_approval,
    consent_jobs.AnswerRequest: approvals.answer_request,
    consent_jobs.SendRevocation: approvals.send_revocation,
    consent_jobs.VerifyQuote: verify_quote,
    consent_jobs.RecheckQuotes: recheck_quotes,
    collection_jobs.RequestFeature: featured.request_feature,
    collection_jobs.AnswerFeature: featured.answer_feature,
    collection_jobs.SendFeatureRevocation: featured.send_feature_revocation,
    collection_jobs.VerifyFeature: featured_learning.verify_feature,
    collection_jobs.RecheckFeatures: featured_learning.recheck_features,
    collection_jobs.FederateCollection: featured.federate_collection,
    collection_jobs.FederateCollectionEnd: featured.federate_collection_end,
    collection_jobs.FederateItem: featured.federate_item,
    collection_jobs.LearnCollection: featured_learning.learn_collection,
    jobs.FederateDeletion: posts.federate_deletion,
    jobs.AnnounceInGroup: groups.announce_in_group,
    tag_jobs.AnnounceTagged: announce_tagged,
    jobs.FederateRuling: rulings.federate_ruling,
    jobs.FederateBoost: reactions.federate_boost,
    jobs.FederateUnboost: reactions.federate_unboost,
    jobs.FederateFavourite: reactions.federate_favourite,
    jobs.FederateUnfavourite: reactions.federate_unfavourite,
    jobs.FederateReaction: reactions.federate_reaction,
    jobs.FederateUnreaction: reactions.federate_unreaction,
    jobs.FederateFollow: followings.federate_follow,
    jobs.FederateUnfollow: followings.federate_unfollow,
    jobs.SendAccept: followings.send_accept,
    jobs.SendReject: followings.send_reject,
    jobs.FederateProfile: profiles.federate_profile,
    jobs.FederateMove: profiles.federate_move,
    jobs.SynchroniseFollowers: synchronise_followers,
    jobs.CarryFollowers: moving.carry_followers,
    jobs.LearnMove: moving.learn_move,
    event_jobs.FederateJoin: events.federate_join,
    event_jobs.FederateLeave: events.federate_leave,
    event_jobs.AnswerGuest: events.answer_guest,
    event_jobs.SendInvite: events.send_invite,
    event_jobs.AnswerInvite: events.answer_invite,
    event_jobs.RemindGuests: remind_guests,
    jobs.FetchThread: fetch_thread,
    jobs.GatherThread: gather_thread,
    jobs.BackfillThread: backfill_thread,
    jobs.IntroduceAccount: introduce_account,
    jobs.FederatePin: featuring.federate_pin,
    jobs.FederateFeaturedTag: featuring.federate_featured_tag,
    jobs.RefreshAccount: refresh_account,
    jobs.FetchCard: fetch_card,
    jobs.ClosePoll: close_poll,
    timed_jobs.PublishScheduled: publish_scheduled,
    timed_jobs.OpenPoint: discussion_clock.open_point,
    timed_jobs.EndDiscussion: discussion_clock.end_discussion,
    timed_jobs.EndRestriction: end_restriction,
    timed_jobs.ReleaseQueued: release_unseen,
    timed_jobs.StepClassroom: step_classroom,
    timed_jobs.StepDeparture: step_departure,
    timed_jobs.CompareNames: compare_names,
    timed_jobs.EndTerms: end_terms,
    timed_jobs.ForgetRemotePosts: forget_remote_posts,
    timed_jobs.ReadFeeds: read_feeds,
    timed_jobs.ReadFeed: read_feed_now,
    jobs.FederateVote: polls.federate_vote,
    jobs.FederateResults: polls.federate_results,
    jobs.RefreshPoll: refresh_poll,
    jobs.SendFlag: moderation.send_flag,
    jobs.SendBlock: moderation.send_block,
    jobs.SendUnblock: moderation.send_unblock,
    jobs.CarryOutImport: carry_out_import,
    jobs.MakeMedia: make_media,
    jobs.SendPush: send_push,
    push_jobs.SendSummary: send_summary,
    mail_jobs.SendPasswordLetter: mailing.send_password_letter,
    mail_jobs.SendConfirmation: mailing.send_confirmation,
    mail_jobs.SendAddressChange: mailing.send_address_change,
    mail_jobs.SendDecision: mailing.send_decision,
    mail_jobs.SendDeparture: departure_letters.send_departure,
    mail_jobs.FindDueLetters: find_due_letters,
    mail_jobs.SendFamilyConfirmation: family_letters.send_family_confirmation,
    mail_jobs.SendFamilyLetter: family_letters.send_family_letter,
    mail_jobs.SendMailing: send_mailing,
    mail_jobs.SendTakeDownNews: take_down_letters.send_take_down_news,
    leaving_jobs.FederateLeaving: leaving.federate_leaving,
    leaving_jobs.PurgeAccount: leaving.purge_account,
    relay_jobs.JoinRelay: relays.join_relay,
    relay_jobs.LeaveRelay: relays.leave_relay,
    record_jobs.CheckpointRecords: checkpoint_records,
    record_jobs.LetFilesGo: let_files_go,
    record_jobs.MakeRecordsFile: make_records_file,
    record_jobs.TakeArchive: take_archive,
    alert_jobs.EndAlert: end_alert,
    alert_jobs.RenderAlerts: render_alerts,
    digest_jobs.KeepDigests: keep_digests,
    jobs.SweepStore: sweep_store,
}

PERIODIC: list[tuple[jobs.Job, timedelta]] = [
    (jobs.SweepStore(), timedelta(hours=1)),
    (alert_jobs.RenderAlerts(), timedelta(minutes=10)),
    (digest_jobs.KeepDigests(), timedelta(minutes=10)),
    (timed_jobs.EndTerms(), timedelta(hours=1)),
    (timed_jobs.ForgetRemotePosts(), timedelta(days=1)),
    (timed_jobs.ReadFeeds(), timedelta(minutes=10)),
    (record_jobs.CheckpointRecords(), timedelta(hours=1)),
    (event_jobs.RemindGuests(), EVERY),
    (mail_jobs.FindDueLetters(), timedelta(minutes=10)),
    (consent_jobs.RecheckQuotes(), RECHECK_EVERY),
    (collection_jobs.RecheckFeatures(), featured_learning.RECHECK_EVERY),
]
