-- Generated from schemas/product_service_orders.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('product_service_orders', {
        'Id': 'text',
        'ServiceId': 'text',
        'AccountId': 'text',
        'AccountType': 'text',
        'CreatorProfileId': 'text',
        'UpdaterProfileId': 'text',
        'BookerId': 'text',
        'Number': 'text',
        'State': 'text',
        'Origin': 'text',
        'CommanderOrigin': 'text',
        'OriginDetails': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'CancelledUtc': 'timestamp',
        'VoucherId': 'text',
        'BusinessSegmentId': 'text',
        'LinkedReservationId': 'text',
        'Options': 'json',
    }) }}

)

select
    id,
    service_id,
    account_id,
    account_type,
    creator_profile_id,
    updater_profile_id,
    booker_id,
    number,
    state,
    origin,
    commander_origin,
    origin_details,
    created_utc,
    updated_utc,
    cancelled_utc,
    voucher_id,
    business_segment_id,
    linked_reservation_id,
    options,
    {{ mews.json_boolean('options', ['OwnerCheckedIn']) }} as options_owner_checked_in,
    {{ mews.json_boolean('options', ['AllCompanionsCheckedIn']) }} as options_all_companions_checked_in,
    {{ mews.json_boolean('options', ['AnyCompanionCheckedIn']) }} as options_any_companion_checked_in,
    {{ mews.json_boolean('options', ['ConnectorCheckIn']) }} as options_connector_check_in,
    coalesce(cancelled_utc is not null or state = 'Canceled', false) as is_canceled
from typed
