-- Generated from schemas/account_notes.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('account_notes', {
        'Id': 'text',
        'AccountId': 'text',
        'Content': 'text',
        'AccountType': 'text',
        'Classifications': 'json',
        'IsActive': 'boolean',
        'CreatorProfile': 'json',
        'UpdaterProfile': 'json',
    }) }}

)

select
    id,
    account_id,
    content,
    account_type,
    classifications,
    is_active,
    creator_profile,
    {{ mews.json_text('creator_profile', ['Discriminator']) }} as creator_profile_discriminator,
    {{ mews.json_text('creator_profile', ['EnterpriseProfile', 'ProfileId']) }} as creator_profile_enterprise_profile_profile_id,
    updater_profile,
    {{ mews.json_text('updater_profile', ['Discriminator']) }} as updater_profile_discriminator,
    {{ mews.json_text('updater_profile', ['EnterpriseProfile', 'ProfileId']) }} as updater_profile_enterprise_profile_profile_id,
    coalesce(is_active = false, false) as is_deleted
from typed
