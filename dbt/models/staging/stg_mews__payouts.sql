-- Generated from schemas/payouts.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('payouts', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'State': 'text',
        'Provider': 'text',
        'PayoutDateUtc': 'timestamp',
        'Amount': 'json',
        'BankDescriptor': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    state,
    provider,
    payout_date_utc,
    amount,
    {{ mews.json_text('amount', ['Currency']) }} as amount_currency,
    {{ mews.json_decimal('amount', ['Value']) }} as amount_value,
    bank_descriptor
from typed
