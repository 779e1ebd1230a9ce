-- Generated from schemas/voucher_assignments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('voucher_assignments', {
        'VoucherId': 'text',
        'RateId': 'text',
    }) }}

)

select
    voucher_id,
    rate_id
from typed
