-- Generated from schemas/voucher_codes.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('voucher_codes', {
        'Id': 'text',
        'VoucherId': 'text',
        'Value': 'text',
        'ValidityStartUtc': 'timestamp',
        'ValidityEndUtc': 'timestamp',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
        'ActivityState': 'text',
    }) }}

)

select
    id,
    voucher_id,
    value,
    validity_start_utc,
    validity_end_utc,
    created_utc,
    updated_utc,
    is_active,
    activity_state,
    coalesce(is_active = false, false) as is_deleted
from typed
