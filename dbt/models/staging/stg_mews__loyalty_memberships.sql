-- Generated from schemas/loyalty_memberships.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('loyalty_memberships', {
        'Id': 'text',
        'ChainId': 'text',
        'AccountId': 'text',
        'LoyaltyProgramId': 'text',
        'State': 'text',
        'IsPrimary': 'boolean',
        'ProviderMembershipId': 'text',
        'MembershipNumber': 'text',
        'Points': 'integer',
        'ExpirationDate': 'timestamp',
        'Url': 'text',
        'LoyaltyTierId': 'text',
        'ActivityState': 'text',
        'DeletedUtc': 'timestamp',
        'CreatorProfile': 'json',
        'UpdaterProfile': 'json',
        'Code': 'text',
    }) }}

)

select
    id,
    chain_id,
    account_id,
    loyalty_program_id,
    state,
    is_primary,
    provider_membership_id,
    membership_number,
    points,
    expiration_date,
    url,
    loyalty_tier_id,
    activity_state,
    deleted_utc,
    creator_profile,
    {{ mews.json_text('creator_profile', ['Discriminator']) }} as creator_profile_discriminator,
    {{ mews.json_text('creator_profile', ['EnterpriseProfile', 'ProfileId']) }} as creator_profile_enterprise_profile_profile_id,
    updater_profile,
    {{ mews.json_text('updater_profile', ['Discriminator']) }} as updater_profile_discriminator,
    {{ mews.json_text('updater_profile', ['EnterpriseProfile', 'ProfileId']) }} as updater_profile_enterprise_profile_profile_id,
    code,
    coalesce(deleted_utc is not null, false) as is_deleted,
    coalesce(state = 'Canceled', false) as is_canceled
from typed
