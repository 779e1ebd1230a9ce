-- Generated from schemas/payment_requests.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('payment_requests', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'AccountId': 'text',
        'ReservationGroupId': 'text',
        'ReservationId': 'text',
        'State': 'text',
        'Amount': 'json',
        'Type': 'text',
        'Reason': 'text',
        'ExpirationUtc': 'timestamp',
        'Description': 'text',
        'Notes': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'CustomerId': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    account_id,
    reservation_group_id,
    reservation_id,
    state,
    amount,
    {{ mews.json_text('amount', ['Currency']) }} as amount_currency,
    {{ mews.json_decimal('amount', ['NetValue']) }} as amount_net_value,
    {{ mews.json_decimal('amount', ['GrossValue']) }} as amount_gross_value,
    type,
    reason,
    expiration_utc,
    description,
    notes,
    created_utc,
    updated_utc,
    customer_id,
    coalesce(state = 'Canceled', false) as is_canceled
from typed
